import { type CallContext, callRetryPolicy, type ProviderDeps } from '@nodepool/driver-api';
import { retry } from '@nodepool/runtime';
import { ApiError } from '../errors.js';

/** A longer wait is the core's to plan. */
const longestWaitMs = 30_000;

/** How long requests rest when the cloud asks for fewer without saying for how long, milliseconds. */
const usualHoldOffMs = 5000;

/** What may be made again, and after which errors. */
export interface Repeatable {
  /** A request that changes nothing when it is made twice. */
  readonly isIdempotent: boolean;
  /** A body that comes from a stream. */
  readonly isStream: boolean;
}

/**
 * Makes a request again, with growing pauses and jitter, where that is safe. All that is left of an error that was
 * repeated in vain is marked, so that the core does not do the same once more.
 */
export async function repeating<T>(
  request: () => Promise<T>,
  kind: Repeatable,
  deps: Pick<ProviderDeps, 'clock' | 'random'>,
  ctx: CallContext,
): Promise<T> {
  try {
    const { clock, random } = deps;
    return await retry(request, callRetryPolicy, (error) => waitMs(error, kind, ctx), {
      clock,
      random,
      signal: ctx.signal,
    });
  } catch (error) {
    if (error instanceof ApiError && !error.repeated && isWorthRepeating(error, kind)) throw error.afterRepetition();
    throw error;
  }
}

function waitMs(error: unknown, kind: Repeatable, ctx: CallContext): number | undefined {
  if (!(error instanceof ApiError) || error.repeated) return undefined;
  if (error.code === 'rate-limited') ctx.pace?.holdOff(error.retryAfterMs ?? usualHoldOffMs);
  return isWorthRepeating(error, kind) ? (error.retryAfterMs ?? 0) : undefined;
}

function isWorthRepeating(error: ApiError, { isIdempotent, isStream }: Repeatable): boolean {
  if ((error.retryAfterMs ?? 0) > longestWaitMs) return false;
  // What never reached the service, or was turned away for its number, has done nothing.
  if (error.code === 'transient' && !error.sent) return true;
  if (isStream) return false;
  return error.code === 'rate-limited' || (error.code === 'transient' && isIdempotent);
}
