import type { Metrics } from '@nodepool/runtime';

/** Tells every one of `targets`. */
export function everyMetrics(targets: readonly Metrics[]): Metrics {
  return {
    counter: (description) => {
      const counters = targets.map((target) => target.counter(description));
      return {
        add: (amount, labels) => {
          for (const counter of counters) counter.add(amount, labels);
        },
      };
    },
    gauge: (description) => {
      const gauges = targets.map((target) => target.gauge(description));
      return {
        set: (value, labels) => {
          for (const gauge of gauges) gauge.set(value, labels);
        },
        replaceAll: (values) => {
          const all = [...values];
          for (const gauge of gauges) gauge.replaceAll(all);
        },
      };
    },
    histogram: (description) => {
      const histograms = targets.map((target) => target.histogram(description));
      return {
        observe: (value, labels) => {
          for (const histogram of histograms) histogram.observe(value, labels);
        },
      };
    },
  };
}
