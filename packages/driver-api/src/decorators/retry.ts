import { type Clock, type Random, type RetryPolicy, retry } from '@nodepool/runtime';
import type { Provider } from '../driver.js';
import { ProviderError } from '../errors.js';
import { interceptProvider, type ProviderMethod } from './intercept.js';

/** For calls that somebody waits for; the reconcilers try again later anyway. */
export const callRetryPolicy: RetryPolicy = { initialMs: 500, factor: 3, maxMs: 10_000, attempts: 4, jitter: 0.5 };

/** Calls that may be made twice without harm. A launch or an upload is repeated by the core, which knows its record. */
const repeatable: ReadonlySet<ProviderMethod> = new Set([
  'checkLaunch',
  'terminate',
  'listInstances',
  'zones',
  'images.list',
  'images.remove',
  'images.hasCloudImage',
  'quota.limits',
  'quota.needed',
  'leaks.list',
  'leaks.remove',
]);

/** Makes repeatable calls again after errors that may pass, `transient` and `rate-limited`, unless the driver did. */
export function withRetry(
  provider: Provider,
  deps: { readonly clock: Clock; readonly random: Random; readonly policy?: RetryPolicy },
): Provider {
  const policy = deps.policy ?? callRetryPolicy;
  return interceptProvider(provider, ({ method, signal, run }) =>
    repeatable.has(method)
      ? retry(() => run(signal), policy, leastDelayMs, { clock: deps.clock, random: deps.random, signal })
      : run(signal),
  );
}

function leastDelayMs(error: unknown): number | undefined {
  if (!(error instanceof ProviderError) || error.repeated) return undefined;
  if (error.code === 'transient') return 0;
  return error.code === 'rate-limited' ? (error.retryAfterMs ?? 0) : undefined;
}
