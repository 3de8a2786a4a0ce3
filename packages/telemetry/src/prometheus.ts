import type { MetricDescription } from '@nodepool/runtime';
import { type Counter, durationBuckets, type Gauge, type Histogram, type Metrics } from '@nodepool/runtime';
import * as prometheus from 'prom-client';
import { type BoundedLabels, boundedLabels } from './bounded-labels.js';

/** Sets of label values that one counter or gauge may have. */
const defaultMaxSeries = 5_000;

/** A histogram has some twenty series for each. */
const histogramShare = 10;

/** Which metrics have exceeded their bound. */
export const seriesLeftOut: MetricDescription = {
  name: 'series_left_out_total',
  help: 'Measurements whose label values were one set too many for their metric.',
  labelNames: ['metric'],
};

export interface PrometheusOptions {
  /** Sets of label values that one counter or gauge may have; a histogram may have a tenth of it. */
  readonly maxSeries?: number;
  /** Measures this process as well: `process_*` and `nodejs_*`. */
  readonly process?: boolean;
}

/** Measurements as Prometheus reads them. */
export interface PrometheusMetrics extends Metrics {
  /** The exposition format, of everything measured so far. */
  text(): Promise<string>;
  readonly contentType: string;
}

/**
 * Collects measurements in memory for Prometheus to fetch. Asking twice for a metric yields the same one.
 *
 * A metric that has too many sets of label values counts further ones of counters and histograms under
 * {@link overflow}; those of gauges are left out, because they could not be added up.
 */
export function prometheusMetrics({
  maxSeries = defaultMaxSeries,
  process = false,
}: PrometheusOptions = {}): PrometheusMetrics {
  const registry = new prometheus.Registry();
  if (process) prometheus.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 });
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
  const leftOut = new prometheus.Counter(settings(seriesLeftOut));
  const bounded = ({ name, labelNames = [] }: MetricDescription, share = 1): BoundedLabels =>
    boundedLabels(labelNames, maxSeries / share, () => leftOut.inc({ metric: `nodepool_${name}` }));
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter: (description) =>
      once(description, () => counterOf(new prometheus.Counter(settings(description)), bounded(description))),
    gauge: (description) =>
      once(description, () => gaugeOf(new prometheus.Gauge(settings(description)), bounded(description))),
    histogram: (description) =>
      once(description, () => {
        const buckets = [...(description.buckets ?? durationBuckets.calls)];
        const histogram = new prometheus.Histogram({ ...settings(description), buckets });
        return histogramOf(histogram, bounded(description, histogramShare));
      }),
  };
}

function counterOf(counter: prometheus.Counter, bounded: BoundedLabels): Counter {
  return {
    add: (amount, labels) => {
      if (amount >= 0 && Number.isFinite(amount)) counter.inc(bounded.orOverflow(labels), amount);
    },
  };
}

function gaugeOf(gauge: prometheus.Gauge, bounded: BoundedLabels): Gauge {
  const set: Gauge['set'] = (value, labels) => {
    const known = bounded.orNothing(labels);
    if (known !== undefined) gauge.set(known, value);
  };
  return {
    set,
    replaceAll: (values) => {
      bounded.forget();
      gauge.reset();
      for (const [labels, value] of values) set(value, labels);
    },
  };
}

function histogramOf(histogram: prometheus.Histogram, bounded: BoundedLabels): Histogram {
  return {
    observe: (value, labels) => {
      if (Number.isFinite(value)) histogram.observe(bounded.orOverflow(labels), value);
    },
  };
}
