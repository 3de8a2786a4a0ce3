import type { LeaseService } from '@nodepool/leases';
import type { Lease as LeaseRecord, Node } from '@nodepool/model';
import type { Lease, LeaseMachine } from '../schemas/index.js';

/** A lease as callers see it, with its machines while it is theirs. */
export async function toLease(leases: Pick<LeaseService, 'machines'>, lease: LeaseRecord): Promise<Lease> {
  const machines = lease.state === 'active' ? await leases.machines(lease) : [];
  return {
    id: lease.id,
    state: lease.state,
    labels: [...lease.labels],
    owner: lease.owner,
    request_id: lease.requestId,
    created_time: lease.createdTimeSec,
    expires_time: lease.state === 'waiting' || lease.state === 'active' ? lease.expiresSec : null,
    ttl: lease.ttlSec,
    machines: machines.map(({ label, node }) => toMachine(label, node)),
    reason: lease.reason,
  };
}

/** A port that holds the credentials of a cluster is not shown. */
function toMachine(label: string, node: Node): LeaseMachine {
  const { connectionPort } = node;
  return {
    node_id: node.id,
    label,
    provider: node.provider,
    hostname: node.hostname,
    interface_ip: node.interfaceIp,
    connection_type: node.connectionType,
    connection_port: typeof connectionPort === 'number' ? connectionPort : null,
    username: node.username,
    python_path: node.pythonPath,
    shell_type: node.shellType,
    host_keys: [...node.hostKeys],
  };
}
