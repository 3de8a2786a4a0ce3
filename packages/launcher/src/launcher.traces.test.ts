import { ProviderError } from '@nodepool/driver-api';
import { recordSpans, settle, spanLines } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

describe('the trace of a request', () => {
  it('has the wait, each launch, and each call of the cloud', async () => {
    await using world = new World();
    const tracer = recordSpans();
    const launcher = await world.launcher(aConfig(), { tracer });
    const id = await world.request({ nodeTypes: ['small', 'large'], eventId: 'event-1' });

    await settle();

    const launch = ['  launch node', '    cloud launch', '    wait for boot', '      cloud checkLaunch'];
    expect(spanLines(tracer.roots)).toEqual(['node request', '  wait in queue', ...launch, ...launch]);
    const [root] = tracer.roots;
    const request = await world.requestNow(id);
    expect(root?.attributes).toMatchObject({
      'nodepool.request': id,
      'nodepool.event': 'event-1',
      'nodepool.labels': ['small', 'large'],
      'nodepool.outcome': 'fulfilled',
    });
    expect(root?.startMs).toBe((request?.createdTimeSec ?? 0) * 1000);
    const launched = launcher.log.lines.filter(({ message }) => message === 'launched node');
    expect(launched.map(({ fields }) => fields['traceId'])).toEqual([`trace ${root?.key}`, `trace ${root?.key}`]);
  });

  it('shows what went wrong, and every attempt', async () => {
    await using world = new World();
    const tracer = recordSpans();
    await world.launcher(aConfig(), { tracer });
    world.cloud.failNext('launch', new ProviderError('launch-failed', 'no such luck'));
    await world.request();
    await world.clock.advance(10_000);

    const [node] = tracer.roots[0]?.children.filter(({ name }) => name === 'launch node') ?? [];

    expect(node?.children.map(({ name, error }) => [name, error])).toEqual([
      ['cloud launch', 'no such luck'],
      ['cloud launch', undefined],
      ['wait for boot', undefined],
    ]);
  });

  it('shows how long there was no room', async () => {
    await using world = new World();
    const tracer = recordSpans();
    const config = aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 1 })] })] });
    await world.launcher(config, { tracer });
    const first = await world.request();
    await world.request();
    await settle();
    for (const held of await world.take(first)) await held.updateAndRelease({ state: 'used' });
    await world.clock.advance(5_000);

    expect(tracer.roots.map((root) => root.children.map(({ name }) => name))).toEqual([
      ['wait in queue', 'launch node'],
      ['wait in queue', 'wait for room', 'launch node'],
    ]);
    expect(tracer.roots.every(({ ended }) => ended)).toBe(true);
  });

  it('is one, whichever launchers had the request', async () => {
    await using world = new World();
    const tracer = recordSpans();
    const release = world.cloud.hold('launch');
    const one = await world.launcher(aConfig(), { tracer, host: 'launcher-1' });
    await world.request();
    await settle();
    const stopped = one.stop({ graceful: true });
    await world.clock.advance(1_000);
    release();
    await world.clock.advance(10_000);
    await stopped;
    await world.launcher(aConfig(), { tracer, host: 'launcher-2' });
    await world.clock.advance(10_000);

    expect(new Set(tracer.roots.map(({ key }) => key)).size).toBe(1);
    expect(tracer.roots.map(({ attributes }) => attributes['nodepool.outcome'])).toEqual(['reset', 'fulfilled']);
  });
});
