import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { statsdKeys } from '@nodepool/telemetry';
import { describe, expect, it } from 'vitest';
import { type DeclaredMetric, declaredMetrics } from './metrics.js';

const root = join(import.meta.dirname, '../..');
const declared: readonly DeclaredMetric[] = Object.values(declaredMetrics()).flat();

/** Names of metrics in the sources, however they are declared. */
function namesInSources(): readonly string[] {
  const sources = globSync('{packages,drivers}/*/src/**/*.ts', { cwd: root }).filter(
    (file) => !/\.test\.ts$|\/testing\//.test(file),
  );
  const names = sources.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const described = text.matchAll(/name: '([a-z_]+)',\s+help:/g);
    const gauges = text.matchAll(/\bgauge\(\s*'([a-z_]+)'/g);
    return [...described, ...gauges].map(([, name]) => name ?? '');
  });
  return [...new Set(names)].sort();
}

describe('the page of metrics', () => {
  it('has every metric in the sources', () => {
    expect(declared.map(({ name }) => name).sort()).toEqual(namesInSources());
  });

  it('has only names that end as their kind demands, and whole sentences', () => {
    for (const { name, kind, help } of declared) {
      if (kind === 'counter') expect(name).toMatch(/_total$/);
      if (kind === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
      expect(name).toMatch(/^[a-z][a-z_]*[a-z]$/);
      expect(help).toMatch(/^[A-Z0-9].*[.]$/);
    }
  });

  it('names every metric that is sent to statsd', () => {
    const names = declared.map(({ name }) => name);

    expect(Object.keys(statsdKeys).filter((name) => !names.includes(name))).toEqual([]);
  });
});
