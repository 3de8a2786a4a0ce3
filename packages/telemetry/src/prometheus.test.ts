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

  it('leave gauges out that exceed the bound, and say so', async () => {
    const metrics = prometheusMetrics({ maxSeries: 1 });
    const gauge = metrics.gauge({ name: 'nodes', help: 'Nodes', labelNames: ['state'] });

    gauge.replaceAll([
      [{ state: 'ready' }, 1],
      [{ state: 'used' }, 2],
    ]);

    const text = await metrics.text();
    expect(text).toContain('nodepool_nodes{state="ready"} 1');
    expect(text).not.toContain('state="used"');
    expect(text).toContain('nodepool_series_left_out_total{metric="nodepool_nodes"} 1');
  });

  it('forget the label values that are replaced', async () => {
    const metrics = prometheusMetrics({ maxSeries: 1 });
    const gauge = metrics.gauge({ name: 'label_nodes', help: 'Nodes', labelNames: ['label'] });

    gauge.set(4, { label: 'old' });
    gauge.replaceAll([[{ label: 'new' }, 5]]);

    const text = await metrics.text();
    expect(text).toContain('nodepool_label_nodes{label="new"} 5');
    expect(text).not.toContain('label="old"');
  });

  it('survive labels that were not declared and values that are none', async () => {
    const metrics = prometheusMetrics();
    const counter = metrics.counter({ name: 'calls_total', help: 'Calls', labelNames: ['who'] });
    const histogram = metrics.histogram({ name: 'call_seconds', help: 'Calls' });

    counter.add(1, { what: 'x' });
    counter.add(-1, { who: 'me' });
    histogram.observe(Number.NaN);

    const text = await metrics.text();
    expect(text).toContain('nodepool_calls_total{who=""} 1');
    expect(text).not.toContain('who="me"');
    expect(text).toContain('nodepool_call_seconds_count 0');
  });
});
