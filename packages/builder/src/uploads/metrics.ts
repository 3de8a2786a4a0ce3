import { durationBuckets, type Metrics } from '@nodepool/runtime';
import { type GateMetrics, gateMetrics } from '../gate/metrics.js';

export interface UploadMetrics {
  succeeded(image: string, provider: string, durationMs: number): void;
  failed(image: string, provider: string): void;
  readonly gate: GateMetrics;
}

/** Source: docs/compatibility/interfaces.md section 4.1. */
export function uploadMetrics(metrics: Metrics): UploadMetrics {
  const duration = metrics.histogram({
    name: 'image_update_duration_seconds',
    help: 'Duration of successful uploads.',
    labelNames: ['image', 'provider'],
    buckets: durationBuckets.transfers,
  });
  const failures = metrics.counter({
    name: 'image_upload_failures_total',
    help: 'Uploads that failed.',
    labelNames: ['image', 'provider'],
  });
  return {
    succeeded: (image, provider, durationMs) => duration.observe(durationMs / 1000, { image, provider }),
    failed: (image, provider) => failures.add(1, { image, provider }),
    gate: gateMetrics(metrics),
  };
}
