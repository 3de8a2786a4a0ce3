import type { NodeRequest, Resources } from '@nodepool/model';
import { exceededForTenant } from '../quota/fit.js';
import { declineReasons, type PoolView } from './decline-reasons.js';
import type { RegisteredPool } from './registered-pools.js';

/** One request and everything that a pool worker weighs about it. */
export interface RequestView {
  readonly request: NodeRequest;
  readonly pool: PoolView;
  readonly stopping: boolean;
  /** Every registered pool of every launcher, this one included. */
  readonly registered: readonly RegisteredPool[];
  /** Nodes that exist for a label, where a driver only hands out what there is; undefined for all others. */
  readonly labelQuota: Pick<ReadonlyMap<string, number>, 'get'> | undefined;
  /** Limits and use of the request's tenant; undefined when nothing limits it. */
  readonly tenant: { readonly limits: Resources; readonly used: Resources } | undefined;
  /** A request of this pool waits for quota. */
  readonly paused: boolean;
  /** Launches that run, or are about to, over all pools of the provider in this process. */
  readonly activeLaunches: number;
  /** Negative is unlimited. */
  readonly maxConcurrency: number;
}

/**
 * - `leave`: nothing of ours unless the request itself changes; what we have declined before is looked at again when
 *   the registry changes, because whoever was the last to refuse may have died.
 * - `yield`: a pool of another provider or priority goes first; look again when the registry changes.
 * - `defer`: look again when the registry, the label's nodes or the tenant's use change, when the cloud has said what
 *   the labels take (`unread`), or when another pool of this process lets go of the request (`claimed`).
 * - `wait`: ours to take, but not before this pool has room.
 */
export type Verdict =
  | { readonly kind: 'leave'; readonly because: 'stopping' | 'not-requested' | 'declined-before' | 'disabled' }
  | { readonly kind: 'yield'; readonly because: 'provider' | 'priority' }
  | { readonly kind: 'defer'; readonly because: 'label-missing' | 'label-quota' | 'tenant' | 'unread' | 'claimed' }
  | { readonly kind: 'decline'; readonly reasons: readonly string[] }
  | { readonly kind: 'wait'; readonly because: 'paused' | 'concurrency' }
  | { readonly kind: 'accept' };

/**
 * What a pool worker does about a request: the ordered tests of docs/compatibility/launcher.md section 2, as far as
 * they need no lock. Tests 13 and 14 are made by whoever carries the verdict out, under the lock.
 */
export function decideRequest(view: RequestView): Verdict {
  return settled(view) ?? elsewhere(view) ?? deferred(view) ?? declined(view) ?? waiting(view) ?? { kind: 'accept' };
}

function settled({ request, pool, registered, stopping, maxConcurrency }: RequestView): Verdict | undefined {
  if (maxConcurrency === 0) return { kind: 'leave', because: 'disabled' };
  if (stopping) return { kind: 'leave', because: 'stopping' };
  if (request.state !== 'requested') return { kind: 'leave', because: 'not-requested' };
  if (!request.declinedBy.includes(pool.id)) return undefined;
  // A pool that has died since was still registered then, and would keep the request open for ever.
  return isRefusedByAll(request, registered)
    ? { kind: 'decline', reasons: ['every registered pool has declined it'] }
    : { kind: 'leave', because: 'declined-before' };
}

function elsewhere(view: RequestView): Verdict | undefined {
  const { request, pool } = view;
  const candidates = candidatePools(request, view.registered);
  const wanted = candidates.filter(({ provider }) => provider !== null && provider === request.provider);
  if (wanted.length > 0 && pool.provider !== request.provider) return { kind: 'yield', because: 'provider' };
  // All others yield to the provider that is wanted: if it yielded to one of them, nobody would take the request.
  const rivals = wanted.length > 0 ? wanted : candidates;
  if (rivals.some((other) => other.priority < pool.priority && !other.paused)) {
    return { kind: 'yield', because: 'priority' };
  }
  if (candidates.length > 0 && request.nodeTypes.some((label) => !pool.labels.has(label))) {
    return { kind: 'defer', because: 'label-missing' };
  }
  return undefined;
}

/** The pools that could serve a request and have not refused it. */
export function candidatePools<P extends RegisteredPool>(request: NodeRequest, registered: readonly P[]): readonly P[] {
  return registered.filter(
    ({ id, labels }) => !request.declinedBy.includes(id) && request.nodeTypes.every((label) => labels.has(label)),
  );
}

function deferred({ request, pool, labelQuota, tenant }: RequestView): Verdict | undefined {
  if (labelQuota !== undefined && request.nodeTypes.some((label) => (labelQuota.get(label) ?? 0) <= 0)) {
    return { kind: 'defer', because: 'label-quota' };
  }
  if (tenant === undefined) return undefined;
  const needs = request.nodeTypes.map((label) => pool.labels.get(label)?.needed ?? {});
  const exceeded = exceededForTenant(tenant.limits, tenant.used, needs);
  return exceeded.length > 0 ? { kind: 'defer', because: 'tenant' } : undefined;
}

function declined({ request, pool }: RequestView): Verdict | undefined {
  const reasons = declineReasons(request, pool);
  return reasons.length > 0 ? { kind: 'decline', reasons } : undefined;
}

function waiting({ paused, activeLaunches, maxConcurrency }: RequestView): Verdict | undefined {
  if (paused) return { kind: 'wait', because: 'paused' };
  if (maxConcurrency > 0 && activeLaunches >= maxConcurrency) return { kind: 'wait', because: 'concurrency' };
  return undefined;
}

/**
 * How a request looks after `poolId` has refused it: `failed` once every registered pool has, those without its labels
 * included.
 *
 * Source: docs/compatibility/launcher.md section 3.
 */
export function refuse(
  request: Pick<NodeRequest, 'declinedBy'>,
  poolId: string,
  registered: readonly RegisteredPool[],
): { readonly state: 'requested' | 'failed'; readonly declinedBy: readonly string[] } {
  const declinedBy = request.declinedBy.includes(poolId) ? request.declinedBy : [...request.declinedBy, poolId];
  return { state: isRefusedByAll({ declinedBy }, registered) ? 'failed' : 'requested', declinedBy };
}

function isRefusedByAll(request: Pick<NodeRequest, 'declinedBy'>, registered: readonly RegisteredPool[]): boolean {
  return registered.every(({ id }) => request.declinedBy.includes(id));
}
