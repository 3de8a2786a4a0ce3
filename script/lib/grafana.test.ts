import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredMetrics } from './metrics.js';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly query: string }[] };
}

const file = join(import.meta.dirname, '../../deploy/grafana/nodepool.json');
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
const targets = dashboard.panels.flatMap((panel) => panel.targets ?? []);

/** Labels of every series that Prometheus gets of us, by name of the series. */
const series = new Map(
  Object.values(declaredMetrics())
    .flat()
    .flatMap(({ name, kind, labelNames = [] }) =>
      kind === 'histogram'
        ? ['_bucket', '_sum', '_count'].map((suffix) => [
            `nodepool_${name}${suffix}`,
            suffix === '_bucket' ? [...labelNames, 'le'] : labelNames,
          ])
        : [[`nodepool_${name}`, labelNames]],
    ) as [string, readonly string[]][],
);

/** Labels that Prometheus itself puts on everything. */
const labelsOfPrometheus = ['job', 'instance'];

const metricsIn = (query: string): readonly string[] => query.match(/\bnodepool_[a-z_]+/g) ?? [];

/** Names of the labels that a query selects or groups by. */
function labelsIn(query: string): readonly string[] {
  const selected = [...query.matchAll(/([a-z_]+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label ?? '');
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/));
  return [...selected, ...grouped];
}

describe('the Grafana dashboard', () => {
  it('asks for series that exist only', () => {
    const queries = [...targets.map(({ expr }) => expr), ...dashboard.templating.list.map(({ query }) => query)];
    const asked = queries.flatMap(metricsIn);

    expect(asked.length).toBeGreaterThan(30);
    expect(asked.filter((name) => !series.has(name))).toEqual([]);
  });

  it('names labels only that all series of the query have', () => {
    for (const { expr } of targets) {
      for (const name of metricsIn(expr)) {
        const known = [...(series.get(name) ?? []), ...labelsOfPrometheus];
        expect({ expr, unknown: labelsIn(expr).filter((label) => !known.includes(label)) }).toEqual({
          expr,
          unknown: [],
        });
      }
    }
  });

  it('shows labels in legends only that the query leaves', () => {
    for (const { expr, legendFormat } of targets) {
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '');
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(/,\s*/));
      const [name = ''] = metricsIn(expr);
      const left = expr.includes(' by (') ? grouped : [...(series.get(name) ?? []), ...labelsOfPrometheus];
      expect({ expr, missing: shown.filter((label) => !left.includes(label)) }).toEqual({ expr, missing: [] });
    }
  });

  it('has a number of its own for every panel', () => {
    const ids = dashboard.panels.map(({ id }) => id);

    expect(new Set(ids).size).toBe(ids.length);
  });
});
