/** Every state that a lease may be in. `releasing` is on its way to the last three. */
export const leaseStates = ['waiting', 'active', 'releasing', 'released', 'expired', 'failed'] as const;

export type LeaseState = (typeof leaseStates)[number];

/** How leases end. */
export const leaseOutcomes = ['released', 'expired', 'failed'] as const;

export type LeaseOutcome = (typeof leaseOutcomes)[number];

/** Begins the requestor of the node requests that stand behind leases; the name of the token follows. */
export const leaseRequestorPrefix = 'lease:';

/** Machines lent to somebody who has to say now and then that they are in use. */
export interface Lease {
  readonly id: string;
  readonly state: LeaseState;
  /** Seconds since the epoch at which `state` was last set. */
  readonly stateTimeSec: number;
  readonly createdTimeSec: number;
  /** Name of the token that asked. */
  readonly owner: string;
  /** One machine each, in this order. */
  readonly labels: readonly string[];
  /** Wanted provider: a preference, not a condition. */
  readonly provider: string | null;
  readonly comment: string | null;
  /** Seconds from each sign of life to the end. */
  readonly ttlSec: number;
  /** When the lease ends unless its owner gives a sign of life, seconds since the epoch. */
  readonly expiresSec: number;
  /** The node request behind it; null for a moment, until its id is known. */
  readonly requestId: string | null;
  /** Ids of the machines in the order of `labels`; empty until `active`. */
  readonly nodes: readonly string[];
  /** What it becomes once everything is given back. */
  readonly outcome: LeaseOutcome | null;
  /** Why it ended, for people. */
  readonly reason: string | null;
  /** Hash of what was asked for: tells whether a repeated call asks for the same. */
  readonly fingerprint: string;
  /** Chosen by who created the record: tells, after a cut, whether it is his. */
  readonly nonce: string;
}

/** True for a lease that holds nothing any more. */
export function isOver({ state }: Pick<Lease, 'state'>): boolean {
  return state === 'released' || state === 'expired' || state === 'failed';
}
