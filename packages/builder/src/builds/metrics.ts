import { durationBuckets, type Metrics } from '@nodepool/runtime';
import type { BuildOutcome } from './attempt.js';

export interface BuildMetrics {
  /** After every build, however it went. */
  finished(image: string, outcome: BuildOutcome, durationMs: number, nowMs: number): void;
}

/** Source: docs/compatibility/interfaces.md section 4.1. */
export function buildMetrics(metrics: Metrics): BuildMetrics {
  const bytes = metrics.gauge({
    name: 'dib_image_build_size_bytes',
    help: 'Space on disk of the last successful build.',
    labelNames: ['image', 'format'],
  });
  const exitCode = metrics.gauge({
    name: 'dib_image_build_status_rc',
    help: 'Exit code of the last build; 1 when there was none.',
    labelNames: ['image'],
  });
  const duration = metrics.histogram({
    name: 'dib_image_build_duration_seconds',
    help: 'Duration of builds.',
    labelNames: ['image'],
    buckets: durationBuckets.transfers,
  });
  const lastBuild = metrics.gauge({
    name: 'dib_image_build_last_build_timestamp_seconds',
    help: 'When the last build ended, successful or not.',
    labelNames: ['image'],
  });
  const builds = metrics.counter({
    name: 'dib_image_builds_total',
    help: 'Builds by result.',
    labelNames: ['image', 'result'],
  });
  return {
    finished: (image, outcome, durationMs, nowMs) => {
      if (outcome.ok) for (const [format, size] of outcome.bytes) bytes.set(size, { image, format });
      exitCode.set(outcome.exitCode, { image });
      duration.observe(durationMs / 1000, { image });
      lastBuild.set(Math.floor(nowMs / 1000), { image });
      builds.add(1, { image, result: outcome.ok ? 'ready' : 'failed' });
    },
  };
}
