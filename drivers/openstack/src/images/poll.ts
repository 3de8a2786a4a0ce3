import { providerErrorCode } from '@nodepool/driver-api';
import { backoffMs, type Clock, type Random } from '@nodepool/runtime';

/** Soon at first, for small images; then less often, for a cloud takes its time with large ones. */
const pace = { initialMs: 500, factor: 1.5, maxMs: 10_000, jitter: 0.2 };

export interface PollDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * Looks again and again until `look` has an answer. What fails for the moment is looked at again.
 *
 * @param limitMs how long at most; for ever when absent: the signal ends it.
 * @returns undefined when the time is up.
 * @throws what `look` throws, unless it is `transient` or `rate-limited`; the signal's reason.
 */
export async function poll<T>(
  look: () => Promise<T | undefined>,
  { clock, random, signal }: PollDeps,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<T | undefined> {
  const startedMs = clock.monotonicMs();
  for (let looks = 1; ; looks += 1) {
    const found = await look().catch((error: unknown) => {
      if (signal.aborted || !passes(error)) throw error;
      return undefined;
    });
    if (found !== undefined) return found;
    const pauseMs = backoffMs(pace, looks, random.next());
    if (clock.monotonicMs() + pauseMs - startedMs > limitMs) return undefined;
    await clock.sleep(pauseMs, signal);
  }
}

function passes(error: unknown): boolean {
  const code = providerErrorCode(error);
  return code === 'transient' || code === 'rate-limited';
}
