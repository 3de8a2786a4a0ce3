import type { Clock, Counter, Histogram, MetricDescription, Metrics } from '@nodepool/runtime';
import type { Provider } from '../driver.js';
import { providerErrorCode } from '../errors.js';
import { interceptProvider } from './intercept.js';
import { PausedTime } from './paused-time.js';

const callsTotal: MetricDescription = {
  name: 'provider_calls_total',
  help: 'Calls to a provider by method and result; the result is ok, aborted or the code of the error.',
  labelNames: ['provider', 'method', 'result'],
};

const callSeconds: MetricDescription = {
  name: 'provider_call_seconds',
  help: 'Time that calls to a provider took, waiting for the rate limit left out.',
  labelNames: ['provider', 'method'],
};

/** What is measured of calls to providers. */
export function callMetrics(metrics: Metrics): { readonly calls: Counter; readonly seconds: Histogram } {
  return { calls: metrics.counter(callsTotal), seconds: metrics.histogram(callSeconds) };
}

/** Counts and times every call as the cloud sees it: each repetition by itself. */
export function withMetrics(
  provider: Provider,
  { name, clock, metrics }: { readonly name: string; readonly clock: Clock; readonly metrics: Metrics },
): Provider {
  const { calls, seconds } = callMetrics(metrics);
  return interceptProvider(provider, async ({ method, signal, pace, run }) => {
    const startMs = clock.monotonicMs();
    const waits = pace === undefined ? undefined : new PausedTime(pace, clock);
    let result = 'ok';
    try {
      return await run(signal, waits?.pace);
    } catch (error) {
      result = signal.aborted ? 'aborted' : providerErrorCode(error);
      throw error;
    } finally {
      calls.add(1, { provider: name, method, result });
      seconds.observe((clock.monotonicMs() - startMs - (waits?.totalMs ?? 0)) / 1000, { provider: name, method });
    }
  });
}
