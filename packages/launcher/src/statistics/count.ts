import {
  type Node,
  type NodeRequest,
  type NodeState,
  nodeStates,
  type PoolComponent,
  type RequestState,
  requestStates,
} from '@nodepool/model';

/** What the elected launcher counts. */
export interface CountView {
  readonly nodes: Iterable<Pick<Node, 'state' | 'type' | 'provider'>>;
  readonly requests: Iterable<Pick<NodeRequest, 'nodeTypes' | 'state' | 'createdTimeSec'>>;
  /** Every registered pool: its labels and providers are counted even when they have no node. */
  readonly pools: readonly Pick<PoolComponent, 'name' | 'providerName' | 'supportedLabels'>[];
}

export type StateCounts = Readonly<Record<NodeState, number>>;

export interface Counts {
  readonly nodes: StateCounts;
  readonly byLabel: ReadonlyMap<string, StateCounts>;
  readonly byProvider: ReadonlyMap<string, StateCounts>;
  readonly requests: Readonly<Record<RequestState, number>>;
  /** When the oldest open request was made, seconds since the epoch; undefined without one. */
  readonly oldestSec: number | undefined;
  /** Requests all of whose labels a pool has. */
  readonly addressable: readonly { readonly provider: string; readonly pool: string; readonly requests: number }[];
}

/** Source: docs/compatibility/interfaces.md section 4.2. */
export function countEverything({ nodes, requests, pools }: CountView): Counts {
  const all = zeros();
  const byLabel = new Map(pools.flatMap((pool) => pool.supportedLabels.map((label) => [label, zeros()])));
  const byProvider = new Map(
    pools.flatMap(({ providerName }) => (providerName === null ? [] : [[providerName, zeros()]])),
  );
  for (const { state, type, provider } of nodes) {
    all[state] += 1;
    for (const label of type) at(byLabel, label)[state] += 1;
    if (provider !== null) at(byProvider, provider)[state] += 1;
  }
  return {
    nodes: all,
    byLabel,
    byProvider,
    addressable: countAddressable(requests, pools),
    ...countRequests(requests),
  };
}

function countRequests(requests: CountView['requests']): Pick<Counts, 'requests' | 'oldestSec'> {
  const counts = Object.fromEntries(requestStates.map((state) => [state, 0])) as Record<RequestState, number>;
  let oldestSec: number | undefined;
  for (const { state, createdTimeSec } of requests) {
    counts[state] += 1;
    const isOpen = state === 'requested' || state === 'pending';
    if (isOpen && createdTimeSec !== null) oldestSec = Math.min(oldestSec ?? createdTimeSec, createdTimeSec);
  }
  return { requests: counts, oldestSec };
}

function countAddressable(requests: CountView['requests'], pools: CountView['pools']): Counts['addressable'] {
  const counted = pools.map(({ name, providerName, supportedLabels }) => ({
    provider: providerName ?? '',
    pool: name ?? '',
    labels: new Set(supportedLabels),
    requests: 0,
  }));
  for (const { nodeTypes } of requests) {
    for (const pool of counted) if (nodeTypes.every((label) => pool.labels.has(label))) pool.requests += 1;
  }
  return counted.map(({ provider, pool, requests: count }) => ({ provider, pool, requests: count }));
}

function zeros(): Record<NodeState, number> {
  return Object.fromEntries(nodeStates.map((state) => [state, 0])) as Record<NodeState, number>;
}

function at(counts: Map<string, Record<NodeState, number>>, key: string): Record<NodeState, number> {
  const known = counts.get(key) ?? zeros();
  counts.set(key, known);
  return known;
}
