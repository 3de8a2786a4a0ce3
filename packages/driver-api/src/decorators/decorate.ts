import { type Clock, type Metrics, type Random, RateLimiter } from '@nodepool/runtime';
import type { ProviderConfig } from '../config.js';
import type { Provider } from '../driver.js';
import { callTimeoutMs, withDeadline } from './deadline.js';
import { withMetrics } from './metrics.js';
import { withRateLimit } from './rate-limit.js';
import { withRetry } from './retry.js';
import { withTracing } from './tracing.js';

export interface DecorateDeps {
  readonly config: ProviderConfig;
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
}

/**
 * What every provider gets around it, from the inside out: a deadline for each call, a measurement, a span, its turn under the
 * configured `rate`, and repetitions where they are safe; so each repetition is a call of its own to the others.
 */
export function decorateProvider(provider: Provider, { config, clock, random, metrics }: DecorateDeps): Provider {
  const timed = withDeadline(provider, {
    clock,
    timeoutMs: (method) => (method === 'images.upload' ? config.imageUploadTimeoutMs : callTimeoutMs),
  });
  const measured = withMetrics(timed, { name: config.name, clock, metrics });
  const paced = withRateLimit(withTracing(measured, config.name), new RateLimiter(clock, config.callIntervalMs));
  return withRetry(paced, { clock, random });
}
