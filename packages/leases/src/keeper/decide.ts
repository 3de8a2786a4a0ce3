import { isOver, type Lease, type LeaseOutcome, type Node, type NodeRequest } from '@nodepool/model';
import { isLeased, isLost } from '../machines.js';

/** A lease and what belongs to it, as the caches have them: possibly stale. */
export interface LeaseView {
  readonly lease: Lease;
  readonly request: NodeRequest | undefined;
  /** Allocated to the request of the lease. */
  readonly nodes: readonly Node[];
}

export type LeaseStep =
  /** Who made the lease has not said which request stands behind it. */
  | { readonly kind: 'find-request' }
  /** Its machines are ready: they become its own. */
  | { readonly kind: 'activate' }
  | { readonly kind: 'end'; readonly outcome: LeaseOutcome; readonly reason: string }
  /** Machines and request go back, then it is over; over already, they go back all the same. */
  | { readonly kind: 'give-back' }
  /** The request of an active lease has done its part. */
  | { readonly kind: 'drop-request' }
  /** Nobody will ask for the record any more. */
  | { readonly kind: 'forget' };

export interface LeaseVerdict {
  readonly step?: LeaseStep;
  /** When to look again, milliseconds since the epoch, should nothing change before. */
  readonly atMs: number;
}

/** Whoever made a lease notes its request in the next moment, unless it died. */
export const unnamedGraceMs = 5_000;

/** How long the record of a lease that is over answers questions and repeated calls. */
export const rememberedMs = 3_600_000;

/** What a lease needs next. Every step is safe to repeat and checked on the server before it is made. */
export function decideLease(view: LeaseView, nowMs: number): LeaseVerdict {
  const { lease } = view;
  if (isOver(lease)) return decideOver(view, nowMs);
  if (lease.state === 'releasing') return { step: { kind: 'give-back' }, atMs: nowMs };
  const endsMs = lease.expiresSec * 1000;
  if (endsMs <= nowMs) return now(nowMs, ended('expired', 'nobody said in time that the machines were in use'));
  return lease.state === 'waiting' ? decideWaiting(view, nowMs, endsMs) : decideActive(view, nowMs, endsMs);
}

function decideWaiting({ lease, request }: LeaseView, nowMs: number, endsMs: number): LeaseVerdict {
  if (lease.requestId === null) {
    const atMs = lease.createdTimeSec * 1000 + unnamedGraceMs;
    return atMs <= nowMs ? now(nowMs, { kind: 'find-request' }) : { atMs: Math.min(atMs, endsMs) };
  }
  if (request === undefined) return now(nowMs, ended('failed', `node request ${lease.requestId} was removed`));
  if (request.state === 'fulfilled') return now(nowMs, { kind: 'activate' });
  if (request.state === 'failed') return now(nowMs, ended('failed', 'every pool has declined the node request'));
  return { atMs: endsMs };
}

function decideActive({ lease, request, nodes }: LeaseView, nowMs: number, endsMs: number): LeaseVerdict {
  const lost = lease.nodes.find((id) =>
    isLost(
      lease,
      nodes.find((node) => node.id === id),
    ),
  );
  if (lost !== undefined) return now(nowMs, ended('failed', `machine ${lost} was taken away by somebody else`));
  return request === undefined ? { atMs: endsMs } : now(nowMs, { kind: 'drop-request' });
}

function decideOver({ lease, request, nodes }: LeaseView, nowMs: number): LeaseVerdict {
  if (request !== undefined || nodes.some((node) => isLeased(lease, node))) return now(nowMs, { kind: 'give-back' });
  const atMs = lease.stateTimeSec * 1000 + rememberedMs;
  return atMs <= nowMs ? now(nowMs, { kind: 'forget' }) : { atMs };
}

function ended(outcome: LeaseOutcome, reason: string): LeaseStep {
  return { kind: 'end', outcome, reason };
}

function now(atMs: number, step: LeaseStep): LeaseVerdict {
  return { step, atMs };
}
