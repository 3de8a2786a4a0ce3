import { aDiskimage } from '@nodepool/config/testing';
import { type MetricLabels, type Metrics, noMetrics } from '@nodepool/runtime';
import { expect, it } from 'vitest';
import type { BuilderContext } from './context.js';
import { BuilderStats } from './stats.js';
import { aProvider, aProviderDiskimage } from './testing/fixtures.js';

/** Keeps what gauges were set to last, by `<name> <label values>`. */
function recordGauges(): { readonly metrics: Metrics; readonly values: ReadonlyMap<string, number> } {
  const values = new Map<string, number>();
  const keyOf = (name: string, labels: MetricLabels = {}): string => [name, ...Object.values(labels)].join(' ');
  const gauge: Metrics['gauge'] = ({ name }) => ({
    set: (value, labels) => void values.set(keyOf(name, labels), value),
    replaceAll: (all) => {
      for (const [labels, value] of all) values.set(keyOf(name, labels), value);
    },
  });
  return { metrics: { ...noMetrics, gauge }, values };
}

// Source: docs/compatibility/builder.md section 8.
it('tells for each image and provider whether it is idle, under way or paused', () => {
  const { metrics, values } = recordGauges();
  const diskimages = [aDiskimage({ name: 'a' }), aDiskimage({ name: 'b' }), aDiskimage({ name: 'c', pause: true })];
  const provider = aProvider('cloud', ['a', 'b', aProviderDiskimage('c', { pause: true })]);
  const current = { record: { stateTimeSec: 1_000.5 } };
  const context = {
    identity: { fqdn: 'nb01' },
    limits: { buildWorkers: 1, uploadWorkers: 4 },
    config: {
      current: () => ({
        diskimages: new Map(diskimages.map((diskimage) => [diskimage.name, diskimage])),
        providers: new Map([['cloud', provider]]),
      }),
    },
    cache: {
      buildRequestedAtMs: (image: string) => (image === 'b' ? 5 : undefined),
      isPaused: () => false,
      currentUpload: (image: string) => (image === 'a' ? current : undefined),
    },
    jobs: {
      builds: { size: 1, has: (image: string) => image === 'b' },
      uploads: { size: 1, infos: () => [{ image: 'a', provider: 'cloud' }] },
    },
  } as unknown as BuilderContext;

  new BuilderStats(metrics).set(context);

  expect(Object.fromEntries(values)).toEqual({
    image_build_requests: 1,
    'image_build_requested a': 0,
    'image_build_requested b': 1,
    'image_build_requested c': 0,
    'builder_build_state nb01 a': 0,
    'builder_build_state nb01 b': 1,
    'builder_build_state nb01 c': 3,
    'builder_upload_state nb01 a cloud': 2,
    'builder_upload_state nb01 b cloud': 0,
    'builder_upload_state nb01 c cloud': 3,
    'image_upload_ready_timestamp_seconds a cloud': 1_000.5,
    'builder_current_builds nb01': 1,
    'builder_current_uploads nb01': 1,
    'builder_build_workers nb01': 1,
    'builder_upload_workers nb01': 4,
  });
});
