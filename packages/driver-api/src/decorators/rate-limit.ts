import type { RateLimiter } from '@nodepool/runtime';
import type { CallPace, Provider } from '../driver.js';
import { ProviderError } from '../errors.js';
import { interceptProvider, type ProviderMethod } from './intercept.js';

/** How long calls rest when the cloud asks for fewer without saying for how long, milliseconds. */
const usualHoldOffMs = 5000;

/** Calls that usually make none of the cloud's: they read the shared listing, or what the driver has in memory. */
const unlimited: ReadonlySet<ProviderMethod> = new Set(['checkLaunch', 'quota.needed']);

/**
 * Spaces the calls out, and holds them all back when the cloud says that there are too many. A provider that paces its
 * requests is given the means to, and each of them takes a turn instead of the call.
 */
export function withRateLimit(provider: Provider, limiter: RateLimiter): Provider {
  const pacesRequests = provider.pacesRequests === true;
  return interceptProvider(provider, async ({ method, signal, run }) => {
    const pace = pacesRequests ? paceOf(limiter, signal) : undefined;
    if (pace === undefined && !unlimited.has(method)) await limiter.turn(signal);
    try {
      return await run(signal, pace);
    } catch (error) {
      if (error instanceof ProviderError && error.code === 'rate-limited') {
        limiter.holdOff(error.retryAfterMs ?? usualHoldOffMs);
      }
      throw error;
    }
  });
}

function paceOf(limiter: RateLimiter, signal: AbortSignal): CallPace {
  return { turn: () => limiter.turn(signal), holdOff: (ms) => limiter.holdOff(ms) };
}
