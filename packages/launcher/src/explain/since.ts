import { durationText } from '@nodepool/runtime/duration-text';
import type { Snapshot } from './snapshot.js';

/** Time passed since `timeSec` when the snapshot was taken, in words. */
export function since(timeSec: number, { nowSec }: Snapshot): string {
  return durationText(nowSec - timeSec);
}
