import { durationBuckets, type Metrics } from '@nodepool/runtime';

export interface GateMetrics {
  ended(image: string, provider: string, result: 'passed' | 'refused' | 'impossible', durationMs: number): void;
}

export function gateMetrics(metrics: Metrics): GateMetrics {
  const results = metrics.counter({
    name: 'image_gate_results_total',
    help: 'Uploads that passed their gate, were refused by it, or had no machine to be tried on.',
    labelNames: ['image', 'provider', 'result'],
  });
  const duration = metrics.histogram({
    name: 'image_gate_duration_seconds',
    help: 'Time from the complete upload to the verdict of its gate.',
    labelNames: ['image', 'provider'],
    buckets: durationBuckets.transfers,
  });
  return {
    ended: (image, provider, result, durationMs) => {
      results.add(1, { image, provider, result });
      duration.observe(durationMs / 1000, { image, provider });
    },
  };
}
