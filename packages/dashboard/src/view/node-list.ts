import type { Node } from '../api/types.js';

/** What the nodes page is narrowed to; empty text narrows nothing. */
export interface NodeFilter {
  readonly text: string;
  readonly state: string;
  readonly provider: string;
  readonly label: string;
}

export type NodeSort = 'id' | 'state' | 'age' | 'provider' | 'label';

export interface Sorting<Key extends string> {
  readonly key: Key;
  readonly descending: boolean;
}

/** The nodes to show, in their order. */
export function nodeList(nodes: Iterable<Node>, filter: NodeFilter, sorting: Sorting<NodeSort>): readonly Node[] {
  const text = filter.text.trim().toLowerCase();
  const found: Node[] = [];
  for (const node of nodes) if (fits(node, filter) && (text === '' || mentions(node, text))) found.push(node);
  const direction = sorting.descending ? -1 : 1;
  const keyOf = sortKeys[sorting.key];
  return found.sort((left, right) => direction * compare(keyOf(left), keyOf(right)) || compare(left.id, right.id));
}

function fits(node: Node, { state, provider, label }: NodeFilter): boolean {
  return (
    (state === '' || node.state === state) &&
    (provider === '' || node.provider === provider) &&
    (label === '' || node.labels.includes(label))
  );
}

function mentions(node: Node, text: string): boolean {
  const { id, provider, pool, hostname, interface_ip: ip, allocated_to: request, comment, az, labels } = node;
  const words = [id, provider, pool, hostname, ip, request, comment, az, node.tenant_name, node.hold_job, ...labels];
  return words.some((word) => word?.toLowerCase().includes(text) === true);
}

const sortKeys: Readonly<Record<NodeSort, (node: Node) => string | number>> = {
  id: ({ id }) => id,
  state: ({ state }) => state,
  // The oldest last, as ages ascend.
  age: ({ state_time: since }) => -since,
  provider: ({ provider, pool }) => `${provider}/${pool}`,
  label: ({ labels }) => labels.join(','),
};

function compare(left: string | number, right: string | number): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** Distinct values for the choices of a filter, sorted. */
export function choices(values: Iterable<string | null>): readonly string[] {
  return [...new Set(values)].filter((value) => value !== null).sort();
}
