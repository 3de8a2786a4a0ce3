import type { Metrics } from '@nodepool/runtime';

export interface LeakMetrics {
  removed(provider: string): void;
}

export function leakMetrics(metrics: Metrics): LeakMetrics {
  const removed = metrics.counter({
    name: 'image_leaks_total',
    help: 'Images without a record that were removed from a provider.',
    labelNames: ['provider'],
  });
  return { removed: (provider) => removed.add(1, { provider }) };
}
