import type { Clock } from './clock.js';
import type { Random } from './random.js';

/** A retry policy is data. Delays grow by `factor` from `initialMs` to `maxMs`. */
export interface RetryPolicy {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Tries in all, the first included. */
  readonly attempts: number;
  /** Share of the delay that is drawn at random, 0 to 1. */
  readonly jitter: number;
}

/**
 * Delay before try number `attempt` + 1, in milliseconds.
 *
 * @param attempt tries made so far, from 1.
 * @param random a number in [0, 1).
 */
export function backoffMs(policy: Omit<RetryPolicy, 'attempts'>, attempt: number, random: number): number {
  const full = Math.min(policy.maxMs, policy.initialMs * policy.factor ** (attempt - 1));
  return full * (1 - policy.jitter * random);
}

/**
 * Calls `operation` until it succeeds, the policy is used up, or an error is not retryable.
 *
 * @param retryAfterMs what to do with an error: undefined gives up, a number is the least delay asked for (usually 0).
 * @throws the last error, or the signal's reason.
 */
export async function retry<T>(
  operation: (attempt: number) => Promise<T>,
  policy: RetryPolicy,
  retryAfterMs: (error: unknown) => number | undefined,
  deps: { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal },
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await operation(attempt);
    } catch (error) {
      const least = retryAfterMs(error);
      if (least === undefined || attempt >= policy.attempts || deps.signal.aborted) throw error;
      await deps.clock.sleep(Math.max(least, backoffMs(policy, attempt, deps.random.next())), deps.signal);
    }
  }
}
