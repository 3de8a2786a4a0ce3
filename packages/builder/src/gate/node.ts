import type { NewNode, Resources } from '@nodepool/model';
import type { GateOrder } from './types.js';

/** Record of the machine that a gate boots. */
export function gateNode(builder: string, order: GateOrder, resources: Resources): NewNode {
  const { upload, pool, label, entry, username } = order;
  const { image, buildId, provider, uploadId } = upload;
  return {
    type: [label.name],
    provider,
    pool: pool.name,
    launcher: `${builder}-image-gate`,
    allocatedTo: null,
    requestor: null,
    tenantName: null,
    externalId: null,
    hostname: null,
    interfaceIp: null,
    publicIpv4: null,
    privateIpv4: null,
    publicIpv6: null,
    hostId: null,
    cloud: null,
    region: null,
    az: null,
    imageId: `/nodepool/images/${image}/builds/${buildId}/providers/${provider}/images/${uploadId}`,
    username,
    connectionType: entry.connectionType,
    connectionPort: entry.connectionPort,
    shellType: null,
    pythonPath: null,
    hostKeys: [],
    attributes: null,
    resources,
    slot: null,
    driverData: null,
    userData: null,
    holdJob: null,
    holdExpirationSec: null,
    comment: `validates ${image}-${buildId}`,
  };
}
