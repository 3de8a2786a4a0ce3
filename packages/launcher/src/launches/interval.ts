const firstMs = 100;
const factor = 1.5;
const maxMs = 5_000;

/**
 * How long to wait before the next look at something in the cloud, milliseconds: short at first, growing with every
 * look, and never so short that what is in flight together makes more than about four thousand looks a second.
 *
 * @param looks how often it was looked at so far, from 1.
 * @param inFlight how many are being looked at.
 */
export function lookIntervalMs(looks: number, inFlight: number): number {
  return Math.min(maxMs, Math.max(firstMs * factor ** (looks - 1), inFlight / 4));
}
