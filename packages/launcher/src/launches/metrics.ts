import { durationBuckets, type Metrics } from '@nodepool/runtime';
import type { LaunchJob } from './launch.js';

/** Measures launches. Names as in docs/compatibility/interfaces.md section 4.2, by way of the statsd adapter. */
export interface LaunchMetrics {
  /** @param result `ready`, or `error.` and the reason. */
  launched(job: LaunchJob, az: string | null, result: string, durationMs: number): void;
}

export function launchMetrics(metrics: Metrics, provider: string): LaunchMetrics {
  const seconds = metrics.histogram({
    name: 'launch_seconds',
    help: 'Duration of launch attempts by result.',
    labelNames: ['provider', 'az', 'requestor', 'result'],
    buckets: durationBuckets.launches,
  });
  return {
    launched: (job, az, result, durationMs) =>
      seconds.observe(durationMs / 1000, {
        provider,
        az: az ?? '',
        requestor: job.request?.requestor ?? '',
        result,
      }),
  };
}
