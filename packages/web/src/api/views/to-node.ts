import type { CachedNode } from '@nodepool/store';
import type { Node } from '../schemas/index.js';

/** A node as the API shows it: without what its owner and its driver keep for themselves, and without credentials. */
export function toNode({ record, locked }: Pick<CachedNode, 'record' | 'locked'>): Node {
  const { connectionPort } = record;
  return {
    id: record.id,
    labels: [...record.type],
    state: record.state,
    state_time: record.stateTimeSec,
    created_time: record.createdTimeSec,
    locked,
    provider: record.provider,
    pool: record.pool,
    launcher: record.launcher,
    allocated_to: record.allocatedTo,
    requestor: record.requestor,
    tenant_name: record.tenantName,
    external_id: record.externalId,
    hostname: record.hostname,
    interface_ip: record.interfaceIp,
    public_ipv4: record.publicIpv4,
    private_ipv4: record.privateIpv4,
    public_ipv6: record.publicIpv6,
    region: record.region,
    az: record.az,
    image_id: record.imageId,
    username: record.username,
    connection_type: record.connectionType,
    connection_port: typeof connectionPort === 'number' ? connectionPort : null,
    host_keys: [...record.hostKeys],
    resources: record.resources,
    hold_job: record.holdJob,
    hold_expiration: record.holdExpirationSec,
    comment: record.comment,
  };
}
