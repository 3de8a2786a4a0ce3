import type { Node } from '@nodepool/model';
import type { Column, Listing, Row } from './listing.js';

const columns: readonly Column[] = [
  { key: 'id', header: 'ID' },
  { key: 'label', header: 'Label' },
  { key: 'provider', header: 'Provider' },
  { key: 'interface_ip', header: 'Address' },
  { key: 'connection_port', header: 'Port' },
  { key: 'username', header: 'Username' },
  { key: 'host_keys', header: 'Host Keys' },
];

/** How to reach nodes, in the order given; for whoever has asked for them. Keys are those of the stored record. */
export function connectionRows(nodes: readonly Node[]): readonly Row[] {
  return nodes.map((node) => ({
    id: node.id,
    label: node.type,
    provider: node.provider,
    pool: node.pool,
    state: node.state,
    interface_ip: node.interfaceIp,
    public_ipv4: node.publicIpv4,
    private_ipv4: node.privateIpv4,
    public_ipv6: node.publicIpv6,
    connection_type: node.connectionType,
    connection_port: node.connectionPort,
    username: node.username,
    shell_type: node.shellType,
    python_path: node.pythonPath,
    host_keys: node.hostKeys,
  }));
}

/** The same for a person: one line per host key, and no credentials of clusters. */
export function connectionListing(nodes: readonly Node[]): Listing {
  const rows = connectionRows(nodes).map((row, index) => ({
    ...row,
    connection_port: typeof row['connection_port'] === 'number' ? row['connection_port'] : 'redacted',
    host_keys: nodes[index]?.hostKeys.join('\n') ?? null,
  }));
  return { columns, rows };
}
