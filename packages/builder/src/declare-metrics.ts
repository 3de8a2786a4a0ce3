import type { Metrics } from '@nodepool/runtime';
import { buildMetrics } from './builds/metrics.js';
import { leakMetrics } from './leaks/metrics.js';
import { retentionMetrics } from './retention/metrics.js';
import { BuilderStats } from './stats.js';
import { uploadMetrics } from './uploads/metrics.js';

/** Declares everything that a builder measures, besides the calls to its providers, for the page about it. */
export function declareBuilderMetrics(metrics: Metrics): void {
  buildMetrics(metrics);
  uploadMetrics(metrics);
  retentionMetrics(metrics);
  leakMetrics(metrics);
  new BuilderStats(metrics);
}
