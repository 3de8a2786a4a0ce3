import { createHash } from 'node:crypto';
import type { Lease } from '@nodepool/model';

/** What somebody wants to lease. */
export interface LeaseWish {
  /** One machine each; the order is kept. */
  readonly labels: readonly string[];
  /** Seconds from each sign of life to the end. */
  readonly ttlSec: number;
  /** Provider to prefer. */
  readonly provider?: string | undefined;
  readonly comment?: string | undefined;
}

/** One key of one owner is one lease, whichever launcher is asked: the id of the record is made of both. */
export function leaseIdOf(owner: string, key: string): string {
  return digest([owner, key]).slice(0, 32);
}

/** The same for two wishes for the same. How long to wait is no part of it: who calls again may have less time left. */
export function fingerprintOf({ labels, ttlSec, provider, comment }: LeaseWish): Lease['fingerprint'] {
  return digest([labels, ttlSec, provider ?? null, comment ?? null]);
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
