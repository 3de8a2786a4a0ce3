import { formatAge } from '@nodepool/listings';
import type { Snapshot } from './snapshot.js';

/** Time passed since `timeSec` when the snapshot was taken, as the lists show ages. */
export function since(timeSec: number, { nowSec }: Snapshot): string {
  return formatAge(timeSec, nowSec * 1000);
}
