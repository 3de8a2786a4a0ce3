import type { PoolConfig, RunningInstance } from '@nodepool/driver-api';
import type { NewNode, NodeRequest, Resources } from '@nodepool/model';
import type { NodeChange } from '@nodepool/store';
import type { ImageFields } from './image.js';

export interface NewNodeSpec {
  readonly label: string;
  readonly provider: string;
  readonly pool: PoolConfig;
  /** Id of the pool worker. */
  readonly launcher: string;
  readonly request: NodeRequest;
  readonly image: ImageFields;
  readonly resources: Resources;
}

/** The record of a node that is about to be launched. */
export function newNode(spec: NewNodeSpec): NewNode {
  return {
    type: [spec.label],
    provider: spec.provider,
    pool: spec.pool.name,
    launcher: spec.launcher,
    allocatedTo: spec.request.id,
    requestor: spec.request.requestor,
    tenantName: spec.request.tenantName,
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
    ...spec.image,
    hostKeys: [],
    attributes: spec.pool.nodeAttributes,
    resources: spec.resources,
    slot: null,
    driverData: null,
    userData: null,
    holdJob: null,
    holdExpirationSec: null,
    comment: null,
  };
}

/** What the record takes over from an instance that runs. */
export function runningChange(
  instance: RunningInstance,
  pool: Pick<PoolConfig, 'useInternalIp' | 'nodeAttributes'>,
): NodeChange {
  const { externalId, publicIpv4, privateIpv4, publicIpv6, cloud, region, az, hostId, driverData, slot } = instance;
  return {
    externalId,
    interfaceIp: (pool.useInternalIp ? privateIpv4 : null) ?? instance.interfaceIp ?? privateIpv4,
    publicIpv4,
    privateIpv4,
    publicIpv6,
    cloud,
    region,
    az,
    hostId,
    driverData,
    slot,
    ...(instance.connectionPort === undefined ? {} : { connectionPort: instance.connectionPort }),
    ...(instance.attributes === undefined ? {} : { attributes: { ...pool.nodeAttributes, ...instance.attributes } }),
  };
}
