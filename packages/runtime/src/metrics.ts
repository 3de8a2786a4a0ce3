/** Label values of one measurement; cardinality is bounded by the configuration. */
export type MetricLabels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount: number, labels?: MetricLabels): void;
}

export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}

export interface Histogram {
  observe(value: number, labels?: MetricLabels): void;
}

export interface MetricDescription {
  /** Prometheus name without the `nodepool_` prefix; the unit is its last word. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
}

/** Where measurements go. Names and help texts stand in the `metrics.ts` beside the code that measures. */
export interface Metrics {
  counter(description: MetricDescription): Counter;
  gauge(description: MetricDescription): Gauge;
  histogram(description: MetricDescription): Histogram;
}

const discard = { add: () => undefined, set: () => undefined, observe: () => undefined };

/** Counts nothing. */
export const noMetrics: Metrics = { counter: () => discard, gauge: () => discard, histogram: () => discard };
