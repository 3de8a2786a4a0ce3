import type { Node } from '@nodepool/model';
import type { CachedNode } from '@nodepool/store';
import { formatAge } from './age.js';
import type { Column, Listing, Row } from './listing.js';
import { compareText } from './order.js';

const shortColumns: readonly Column[] = [
  { key: 'id', header: 'ID' },
  { key: 'provider', header: 'Provider' },
  { key: 'label', header: 'Label' },
  { key: 'server_id', header: 'Server ID' },
  { key: 'public_ipv4', header: 'Public IPv4' },
  { key: 'ipv6', header: 'IPv6' },
  { key: 'state', header: 'State' },
  { key: 'age', header: 'Age' },
  { key: 'locked', header: 'Locked' },
];

const otherColumns: readonly Column[] = [
  { key: 'pool', header: 'Pool' },
  { key: 'hostname', header: 'Hostname' },
  { key: 'private_ipv4', header: 'Private IPv4' },
  { key: 'AZ', header: 'AZ' },
  { key: 'username', header: 'Username' },
  { key: 'connection_port', header: 'Port' },
  { key: 'launcher', header: 'Launcher' },
  { key: 'allocated_to', header: 'Allocated To' },
  { key: 'hold_job', header: 'Hold Job' },
  { key: 'comment', header: 'Comment' },
  { key: 'user_data', header: 'User Data' },
  { key: 'driver_data', header: 'Driver Data' },
];

const detailColumns: readonly Column[] = [...shortColumns, ...otherColumns];

/**
 * Nodes by id. Rows hold all keys, whatever the table shows.
 *
 * Source: docs/compatibility/interfaces.md section 2.3.
 */
export function nodeListing(
  nodes: readonly Pick<CachedNode, 'record' | 'locked'>[],
  options: { readonly detail: boolean; readonly nowMs: number },
): Listing {
  const sorted = nodes.toSorted((left, right) => compareText(left.record.id, right.record.id));
  return {
    columns: options.detail ? detailColumns : shortColumns,
    otherColumns: options.detail ? [] : otherColumns,
    rows: sorted.map(({ record, locked }) => nodeRow(record, locked, options.nowMs)),
  };
}

function nodeRow(node: Node, locked: boolean, nowMs: number): Row {
  return {
    id: node.id,
    provider: node.provider,
    label: node.type,
    server_id: node.externalId,
    public_ipv4: node.publicIpv4,
    ipv6: node.publicIpv6,
    state: node.state,
    age: formatAge(node.stateTimeSec, nowMs),
    locked: locked ? 'locked' : 'unlocked',
    pool: node.pool,
    hostname: node.hostname,
    private_ipv4: node.privateIpv4,
    AZ: node.az,
    username: node.username,
    connection_port: shownPort(node),
    launcher: node.launcher,
    allocated_to: node.allocatedTo,
    hold_job: node.holdJob,
    comment: node.comment,
    user_data: node.userData,
    driver_data: node.driverData,
  };
}

/** Anything but a number may hold the credentials of a cluster. */
function shownPort({ connectionPort }: Node): number | 'redacted' {
  return typeof connectionPort === 'number' ? connectionPort : 'redacted';
}
