import type { CloudProfile } from './types.js';

/** What holds of a cloud about which nothing is known. */
export const defaultProfile: CloudProfile = {
  imageFormat: 'qcow2',
  imageApiUseTasks: false,
  floatingIpSource: 'neutron',
  securityGroupSource: 'neutron',
  requiresFloatingIp: undefined,
  isPrivate: false,
  forceIpv4: false,
  usesExternalNetwork: true,
  usesInternalNetwork: true,
  networks: [],
  disableVendorAgent: {},
};
