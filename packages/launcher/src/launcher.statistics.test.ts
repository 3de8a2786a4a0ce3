import type { MetricLabels, Metrics } from '@nodepool/runtime';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

/** Keeps the last value of every gauge and the values of every histogram, by name and labels. */
function recorder(): Metrics & { value(name: string, labels: MetricLabels): number | undefined } {
  const values = new Map<string, number>();
  const key = (name: string, labels: MetricLabels): string =>
    `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
  return {
    counter: ({ name }) => ({
      add: (amount, labels = {}) => values.set(key(name, labels), (values.get(key(name, labels)) ?? 0) + amount),
    }),
    gauge: ({ name }) => ({
      set: (value, labels = {}) => void values.set(key(name, labels), value),
      replaceAll: (all) => {
        for (const known of [...values.keys()]) if (known.startsWith(`${name} `)) values.delete(known);
        for (const [labels, value] of all) values.set(key(name, labels), value);
      },
    }),
    histogram: ({ name }) => ({ observe: (value, labels = {}) => void values.set(key(name, labels), value) }),
    value: (name, labels) => values.get(key(name, labels)),
  };
}

describe('the statistics', () => {
  it('are set by the elected launcher, at most once a second', async () => {
    await using world = new World();
    const metrics = recorder();
    await world.launcher(aConfig(), { metrics, statistics: { candidate: 'launcher-1' } });
    await settle();
    expect(metrics.value('label_nodes', { label: 'small', state: 'ready' })).toBe(0);

    await world.request();
    await settle();
    expect(metrics.value('nodes', { state: 'ready' })).toBe(0);
    await world.clock.advance(1_000);

    expect(metrics.value('nodes', { state: 'ready' })).toBe(1);
    expect(metrics.value('provider_nodes', { provider: 'cloud-a', state: 'ready' })).toBe(1);
    expect(metrics.value('pool_addressable_requests', { provider: 'cloud-a', pool: 'main' })).toBe(1);
  });

  it('are left to the launcher that was elected first', async () => {
    await using world = new World();
    const first = recorder();
    const second = recorder();
    await world.launcher(aConfig(), { metrics: first, statistics: { candidate: 'launcher-1' } });
    await world.launcher(aConfig(), { metrics: second, statistics: { candidate: 'launcher-2' }, host: 'launcher-2' });
    await world.clock.advance(2_000);

    expect(first.value('nodes', { state: 'ready' })).toBe(0);
    expect(second.value('nodes', { state: 'ready' })).toBeUndefined();
  });

  it('say how launches went and what is configured', async () => {
    await using world = new World();
    const metrics = recorder();
    const providers = [aProvider({ pools: [aPool({ 'max-servers': 3 })] })];
    await world.launcher(aConfig({ providers, tenantLimits: { acme: { cores: 9 } } }), {
      metrics,
      statistics: { candidate: 'launcher-1' },
    });
    await settle();
    const resource = { provider: 'cloud-a', pool: 'main', resource: 'instances' };
    expect(metrics.value('pool_quota_used', resource)).toBe(0);

    await world.settled(await world.request());
    await world.clock.advance(10_000);

    const labels = { provider: 'cloud-a', az: 'az1', requestor: 'zuul', result: 'ready' };
    expect(metrics.value('launch_seconds', labels)).toBe(0);
    expect(metrics.value('provider_max_servers', { provider: 'cloud-a' })).toBe(3);
    expect(metrics.value('tenant_limit', { tenant: 'acme', resource: 'cores' })).toBe(9);
    const pool = { provider: 'cloud-a', pool: 'main' };
    expect(metrics.value('pool_quota_limit', { ...pool, resource: 'instances' })).toBe(3);
    expect(metrics.value('pool_quota_used', { ...pool, resource: 'instances' })).toBe(1);
    expect(metrics.value('request_wait_seconds', { ...pool, kind: 'request' })).toBeGreaterThanOrEqual(0);
    expect(metrics.value('request_answers_total', { ...pool, result: 'fulfilled' })).toBe(1);
  });

  it('forget what is no longer configured', async () => {
    await using world = new World();
    const metrics = recorder();
    const statistics = { candidate: 'launcher-1' };
    const launcher = await world.launcher(aConfig({ tenantLimits: { acme: { cores: 9 } } }), { metrics, statistics });
    await settle();
    expect(metrics.value('tenant_limit', { tenant: 'acme', resource: 'cores' })).toBe(9);

    launcher.reload(aConfig());
    await settle();

    expect(metrics.value('tenant_limit', { tenant: 'acme', resource: 'cores' })).toBeUndefined();
  });

  it('are no longer told by a launcher that has stopped to count', async () => {
    await using world = new World();
    const metrics = recorder();
    const launcher = await world.launcher(aConfig(), { metrics, statistics: { candidate: 'launcher-1' } });
    await settle();
    expect(metrics.value('nodes', { state: 'ready' })).toBe(0);

    await launcher.stop({ graceful: true });

    expect(metrics.value('nodes', { state: 'ready' })).toBeUndefined();
  });
});
