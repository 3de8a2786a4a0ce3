import { type Component, compareRequests, newestFirst } from '@nodepool/model';
import type { Snapshot } from '../snapshot.js';
import { findProblems } from './problems.js';

/** How the system stands; keys as `--format json` shows them, times in seconds since the epoch. */
export interface Status {
  readonly launchers: readonly DaemonStatus[];
  readonly builders: readonly DaemonStatus[];
  readonly pools: readonly PoolStatus[];
  readonly images: readonly ImageStatus[];
  readonly queue: { readonly requested: number; readonly pending: number; readonly oldest: OldestRequest | null };
  readonly problems: readonly { readonly what: string; readonly since: number | null }[];
}

export interface DaemonStatus {
  readonly hostname: string;
  readonly state: string;
  readonly version: string | null;
}

export interface PoolStatus {
  readonly provider: string;
  readonly pool: string;
  /** Nodes with a record, those being deleted included. */
  readonly used: number;
  /** `max-servers`; null is unlimited, or not configured here. */
  readonly limit: number | null;
  readonly paused: boolean;
}

export interface ImageStatus {
  readonly image: string;
  readonly paused: boolean;
  /** Of the newest ready build. */
  readonly built: number | null;
  /** Providers with a ready upload. */
  readonly providers: readonly string[];
}

export interface OldestRequest {
  readonly id: string;
  readonly since: number;
}

export function summarise(snapshot: Snapshot): Status {
  return {
    launchers: snapshot.launchers.map(daemonStatus),
    builders: snapshot.builders.map(daemonStatus),
    pools: poolStatuses(snapshot),
    images: snapshot.images.map(({ image, paused, builds, uploads }) => {
      const [newest] = newestFirst(builds.filter(({ state }) => state === 'ready'));
      const providers = new Set(uploads.filter(({ state }) => state === 'ready').map(({ provider }) => provider));
      return { image, paused, built: newest?.stateTimeSec ?? null, providers: [...providers].sort() };
    }),
    queue: queueStatus(snapshot),
    problems: findProblems(snapshot).map(({ what, sinceSec }) => ({ what, since: sinceSec })),
  };
}

function daemonStatus({ hostname, state, version }: Component): DaemonStatus {
  return { hostname, state, version };
}

/** Pools of the configuration, then those that others serve. */
function poolStatuses({ config, nodes, pools }: Snapshot): readonly PoolStatus[] {
  const limits = new Map<string, { readonly provider: string; readonly pool: string; readonly limit: number | null }>();
  const add = (provider: string, pool: string, limit: number | null): void => {
    const key = JSON.stringify([provider, pool]);
    if (!limits.has(key)) limits.set(key, { provider, pool, limit });
  };
  for (const provider of config?.providers.values() ?? []) {
    for (const pool of provider.pools) add(provider.name, pool.name, pool.limits['instances'] ?? null);
  }
  for (const { providerName, name } of pools) add(providerName ?? '', name ?? '', null);
  return [...limits.values()].map(({ provider, pool, limit }) => ({
    provider,
    pool,
    used: nodes.filter((node) => node.provider === provider && node.pool === pool).length,
    limit,
    paused: pools.some((each) => each.providerName === provider && each.name === pool && each.paused),
  }));
}

function queueStatus({ requests }: Snapshot): Status['queue'] {
  const waiting = requests.filter(({ state }) => state === 'requested' || state === 'pending').sort(compareRequests);
  const oldest = waiting
    .map(({ id, createdTimeSec, stateTimeSec }) => ({ id, since: createdTimeSec ?? stateTimeSec }))
    .reduce<OldestRequest | null>((first, each) => (first === null || each.since < first.since ? each : first), null);
  const pending = waiting.filter(({ state }) => state === 'pending').length;
  return { requested: waiting.length - pending, pending, oldest };
}
