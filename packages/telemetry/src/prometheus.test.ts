import { describe, expect, it } from 'vitest';
import { prometheusMetrics } from './prometheus.js';

describe('metrics for Prometheus', () => {
  it('carry the prefix, the help text and the labels', async () => {
    const metrics = prometheusMetrics();
    const nodes = metrics.gauge({ name: 'nodes', help: 'Nodes by state', labelNames: ['state'] });

    nodes.set(3, { state: 'ready' });

    const text = await metrics.text();
    expect(text).toContain('# HELP nodepool_nodes Nodes by state');
    expect(text).toContain('nodepool_nodes{state="ready"} 3');
  });

  it('are one metric however often they are asked for', async () => {
    const metrics = prometheusMetrics();
    const description = { name: 'launches_total', help: 'Launches', labelNames: ['provider'] };

    metrics.counter(description).add(1, { provider: 'a' });
    metrics.counter(description).add(2, { provider: 'a' });

    expect(await metrics.text()).toContain('nodepool_launches_total{provider="a"} 3');
  });

  it('put durations into buckets', async () => {
    const metrics = prometheusMetrics();

    metrics.histogram({ name: 'launch_seconds', help: 'Launches' }).observe(3);

    const text = await metrics.text();
    expect(text).toContain('nodepool_launch_seconds_bucket{le="2.5"} 0');
    expect(text).toContain('nodepool_launch_seconds_bucket{le="5"} 1');
  });

  it('count what exceeds the bound on label values under one name', async () => {
    const metrics = prometheusMetrics({ maxSeries: 2 });
    const counter = metrics.counter({ name: 'calls_total', help: 'Calls', labelNames: ['who'] });

    for (const who of ['a', 'b', 'c', 'd', 'a']) counter.add(1, { who });

    const text = await metrics.text();
    expect(text).toContain('nodepool_calls_total{who="a"} 2');
    expect(text).toContain('nodepool_calls_total{who="other"} 2');
    expect(text).not.toContain('who="c"');
  });
});
