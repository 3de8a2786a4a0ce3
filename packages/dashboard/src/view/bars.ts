import type { HistoryPoint, Pool, Resources } from '../api/types.js';

/** How much of something is used. */
export interface Bar {
  readonly resource: string;
  readonly used: number;
  /** Undefined where there is none. */
  readonly limit: number | undefined;
  /** 0 to 1; 0 without a limit. */
  readonly share: number;
  readonly tone: 'calm' | 'near' | 'full';
}

const nearShare = 0.8;

export function barOf(resource: string, used: number, limit: number | undefined): Bar {
  const share = limit === undefined ? 0 : limit <= 0 ? 1 : Math.min(1, used / limit);
  return { resource, used, limit, share, tone: share >= 1 ? 'full' : share >= nearShare ? 'near' : 'calm' };
}

/** One bar for each resource with a limit or a use; instances first, cores, memory, then by name. */
export function barsOf(used: Resources, limits: Resources | null): readonly Bar[] {
  const names = [...new Set(['instances', ...Object.keys(limits ?? {}), ...Object.keys(used)])];
  return names
    .filter((name) => name === 'instances' || limits?.[name] !== undefined || (used[name] ?? 0) > 0)
    .map((name) => barOf(name, used[name] ?? 0, limits?.[name]))
    .sort((left, right) => rank(left.resource) - rank(right.resource) || (left.resource < right.resource ? -1 : 1));
}

function rank(resource: string): number {
  return ['instances', 'cores', 'ram'].indexOf(resource) + 1 || 9;
}

/** A pool as the overview shows it: what several launchers serve under one name is one row. */
export interface PoolRow {
  /** `provider/pool`, as the points of the history name it. */
  readonly name: string;
  readonly launchers: number;
  readonly paused: boolean;
  /** Of instances, and of what has a limit. */
  readonly bars: readonly Bar[];
  /** Instances over time, the oldest first; zero where a point does not have the pool. */
  readonly history: readonly number[];
}

/** Sorted by name. */
export function poolRows(pools: readonly Pool[], points: readonly HistoryPoint[]): readonly PoolRow[] {
  const groups = Map.groupBy(pools, ({ provider, name }) => `${provider}/${name}`);
  return Array.from(groups, ([name, members]): PoolRow => {
    const limits = members.find((pool) => Object.keys(pool.limits).length > 0)?.limits ?? {};
    return {
      name,
      launchers: members.length,
      paused: members.some(({ paused }) => paused),
      bars: barsOf(members[0]?.used ?? {}, limits).filter(
        ({ resource, limit }) => limit !== undefined || resource === 'instances',
      ),
      history: points.map(({ used }) => used[name] ?? 0),
    };
  }).sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** What an amount of a resource is called. */
export function amountText(resource: string, amount: number): string {
  if (resource !== 'ram') return String(Math.round(amount * 100) / 100);
  return amount >= 10_240 ? `${Math.round(amount / 102.4) / 10} GiB` : `${Math.round(amount)} MiB`;
}
