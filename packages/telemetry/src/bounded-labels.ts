import type { MetricLabels } from '@nodepool/runtime';

/** Stands for every label value once a metric has too many of them. */
export const overflow = 'other';

/** Keeps the sets of label values of one metric to a number. */
export interface BoundedLabels {
  /** The declared labels, or all of them {@link overflow} when there is no room for a set that was not seen before. */
  orOverflow(labels?: MetricLabels): Record<string, string>;
  /** The same, with undefined in the place of overflow. */
  orNothing(labels?: MetricLabels): Record<string, string> | undefined;
  /** Begins anew. */
  forget(): void;
}

/**
 * @param names the declared labels: others are left out, missing ones are empty.
 * @param onLeftOut called for each measurement for which there was no room.
 */
export function boundedLabels(names: readonly string[], maxSeries: number, onLeftOut: () => void): BoundedLabels {
  const seen = new Set<string>();
  const orNothing: BoundedLabels['orNothing'] = (labels = {}) => {
    const declared = Object.fromEntries(names.map((name) => [name, labels[name] ?? '']));
    const key = JSON.stringify(Object.values(declared));
    if (!seen.has(key)) {
      if (seen.size >= maxSeries) {
        onLeftOut();
        return undefined;
      }
      seen.add(key);
    }
    return declared;
  };
  return {
    orNothing,
    orOverflow: (labels) => orNothing(labels) ?? Object.fromEntries(names.map((name) => [name, overflow])),
    forget: () => seen.clear(),
  };
}
