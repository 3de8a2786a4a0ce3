import { traced } from '@nodepool/runtime';
import type { Provider } from '../driver.js';
import { interceptProvider } from './intercept.js';

/** Makes every call that is part of something traced a span; what the driver does in it may be parts of that. */
export function withTracing(provider: Provider, name: string): Provider {
  return interceptProvider(provider, ({ method, signal, pace, span, run }) => {
    if (span?.traceId === undefined) return run(signal, pace);
    return traced(span, `cloud ${method}`, { 'nodepool.provider': name, 'nodepool.method': method }, (part) =>
      run(signal, pace, part),
    );
  });
}
