import type { Counter, Metrics } from '@nodepool/runtime';

/** Resources without a record that were removed. Source: docs/compatibility/interfaces.md section 4.2. */
export function leakedResources(metrics: Metrics): Counter {
  return metrics.counter({
    name: 'provider_leaked_total',
    help: 'Resources that had lost their record and were removed.',
    labelNames: ['provider', 'kind'],
  });
}
