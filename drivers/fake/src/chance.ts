import type { Clock, Random } from '@nodepool/runtime';

/** How long something takes: between the two, drawn anew each time. */
export interface Latency {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Milliseconds; draws no random number for a fixed latency. */
export function drawMs(latency: Latency, random: Random): number {
  if (latency.minMs === latency.maxMs) return latency.minMs;
  return latency.minMs + (latency.maxMs - latency.minMs) * random.next();
}

/** True in `rate` of all cases; draws no random number when the answer is certain. */
export function happens(rate: number, random: Random): boolean {
  if (rate <= 0) return false;
  return rate >= 1 || random.next() < rate;
}

/** Lets a latency pass; one of 0 costs neither a timer nor a turn of the event loop. */
export async function pass(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (ms > 0) await clock.sleep(ms, signal);
}
