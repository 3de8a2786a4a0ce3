/** Label values of one measurement; cardinality is bounded by the configuration. */
export type MetricLabels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount: number, labels?: MetricLabels): void;
}

export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
  /** All that there is to say at once: what was said before of other label values no longer holds. */
  replaceAll(values: Iterable<readonly [labels: MetricLabels, value: number]>): void;
}

export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

export interface MetricDescription {
  /** Prometheus name without the `nodepool_` prefix; the unit is its last word. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending; those of {@link durationBuckets}.calls when absent. */
  readonly buckets?: readonly number[];
}

/** Bounds for what is measured, seconds. */
export const durationBuckets = {
  /** One question to something remote. */
  calls: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  /** From an idle machine that is handed out at once to one that hardly ever comes up. */
  launches: [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1_200, 3_600],
  /** Builds and uploads. */
  transfers: [1, 5, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 28_800],
} as const;

/** Where measurements go. Names and help texts stand in the `metrics.ts` beside the code that measures. */
export interface Metrics {
  counter(description: MetricDescription): Counter;
  gauge(description: MetricDescription): Gauge;
  histogram(description: MetricDescription): Histogram;
}

const nothing = (): void => undefined;
const discard = { add: nothing, set: nothing, replaceAll: nothing, observe: nothing };

/** Counts nothing. */
export const noMetrics: Metrics = { counter: () => discard, gauge: () => discard, histogram: () => discard };
