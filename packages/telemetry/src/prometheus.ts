import type { Counter, Gauge, Histogram, MetricDescription, MetricLabels, Metrics } from '@nodepool/runtime';
import * as prometheus from 'prom-client';

/** From a call that a cache answers to an upload that takes the afternoon. Seconds. */
const durationBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400,
];

/** Sets of label values that one metric may have; what comes later is counted under {@link overflow}. */
const defaultMaxSeries = 2_000;

/** Stands for every label value once a metric has too many of them. */
export const overflow = 'other';

export interface PrometheusOptions {
  readonly maxSeries?: number;
}

/** Measurements as Prometheus reads them. */
export interface PrometheusMetrics extends Metrics {
  /** The exposition format, of everything measured so far. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Collects measurements in memory for Prometheus to fetch. Asking twice for a metric yields the same one. */
export function prometheusMetrics({ maxSeries = defaultMaxSeries }: PrometheusOptions = {}): PrometheusMetrics {
  const registry = new prometheus.Registry();
  prometheus.collectDefaultMetrics({ register: registry });
  const known = new Map<string, Counter | Gauge | Histogram>();
  const once = <T extends Counter | Gauge | Histogram>({ name }: MetricDescription, make: () => T): T => {
    const metric = known.get(name) ?? make();
    known.set(name, metric);
    return metric as T;
  };
  const settings = ({ name, help, labelNames = [] }: MetricDescription) => ({
    name: `nodepool_${name}`,
    help,
    labelNames: [...labelNames],
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (description) =>
      once(description, () => {
        const bounded = boundedLabels(maxSeries);
        const counter = new prometheus.Counter(settings(description));
        return { add: (amount, labels = {}) => counter.inc(bounded(labels), amount) };
      }),
    gauge: (description) =>
      once(description, () => {
        const bounded = boundedLabels(maxSeries);
        const gauge = new prometheus.Gauge(settings(description));
        return { set: (value, labels = {}) => gauge.set(bounded(labels), value) };
      }),
    histogram: (description) =>
      once(description, () => {
        const bounded = boundedLabels(maxSeries);
        const histogram = new prometheus.Histogram({ ...settings(description), buckets: durationBuckets });
        return { observe: (value, labels = {}) => histogram.observe(bounded(labels), value) };
      }),
  };
}

function boundedLabels(maxSeries: number): (labels: MetricLabels) => Record<string, string> {
  const seen = new Set<string>();
  return (labels) => {
    const key = JSON.stringify(Object.values(labels));
    if (seen.has(key)) return { ...labels };
    if (seen.size >= maxSeries) return Object.fromEntries(Object.keys(labels).map((name) => [name, overflow]));
    seen.add(key);
    return { ...labels };
  };
}
