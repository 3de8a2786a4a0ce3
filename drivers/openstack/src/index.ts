import { defineDriver } from '@nodepool/driver-api';
import { configSchema } from './config.js';

export type { OpenStackProviderConfig } from './config.js';

/** Clouds that run OpenStack. See README.md. */
export const openstack = defineDriver({
  name: 'openstack',
  configSchema,
  load: async () => (await import('./provider.js')).createProvider,
  prerequisites: async (config) => (await import('./prerequisites.js')).prerequisitesOf(config),
});
