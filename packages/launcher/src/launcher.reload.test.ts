import type { PoolComponent } from '@nodepool/model';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const pools = async (world: World): Promise<readonly PoolComponent[]> =>
  (await world.store.components.list('pool')) as readonly PoolComponent[];

describe('the registry', () => {
  it('shows the launcher and each of its pools', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ priority: 7 })] }));
    await launcher.ready;

    expect(await world.store.components.list('launcher')).toMatchObject([
      { hostname: 'launcher-1', state: 'running', version: '1.0', modelApi: 0 },
    ]);
    expect(await pools(world)).toMatchObject([
      {
        id: expect.stringMatching(/^launcher-1\.example\.com-PoolWorker\.cloud-a-main-[0-9a-f]{32}$/),
        name: 'main',
        providerName: 'cloud-a',
        supportedLabels: ['small', 'large'],
        priority: 7,
        paused: false,
        state: 'running',
      },
    ]);
  });
});

describe('a new configuration', () => {
  it('that changes nothing of a provider leaves it and its pools alone', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    const before = await pools(world);

    launcher.reload(aConfig());
    await settle();

    expect(await pools(world)).toEqual(before);
    expect(launcher.log.lines.filter(({ message }) => message === 'opened provider')).toHaveLength(1);
  });

  it('changes labels and priority of a pool that lives on', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    const [before] = await pools(world);

    launcher.reload(
      aConfig({ providers: [aProvider({ priority: 3, pools: [aPool({ labels: [aLabel('small')] })] })] }),
    );
    await settle();

    const [after] = await pools(world);
    expect(after).toMatchObject({ id: before?.id, priority: 3, supportedLabels: ['small'] });
  });

  it('lets launches of the old one end', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 5_000 } })] }));
    const id = await world.request();
    await settle();

    launcher.reload(aConfig({ providers: [aProvider({ 'launch-retries': 1 })] }));
    await world.clock.advance(6_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(await world.nodes()).toHaveLength(1);
  });

  it('starts pools that are new and stops those that are gone, handing their requests on', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 5_000 } })] }));
    const id = await world.request();
    await settle();

    launcher.reload(aConfig({ providers: [aProvider({ name: 'cloud-b' })] }));
    await world.clock.advance(10_000);

    expect((await pools(world)).map(({ providerName }) => providerName)).toEqual(['cloud-b']);
    const request = await world.requestNow(id);
    expect(request?.state).toBe('fulfilled');
    expect((await world.node(request?.nodes[0]))?.provider).toBe('cloud-b');
  });

  it('without the pool in which a request waits for room hands it back, with its nodes', async () => {
    await using world = new World();
    const launcher = await world.launcher(
      aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 2 })] })] }),
    );
    await world.settled(await world.request({ tenantName: 'acme' }));
    const waiting = await world.request({ nodeTypes: ['small', 'small'] });
    await world.clock.advance(1_000);
    const before = await world.requestNow(waiting);

    launcher.reload(aConfig({ providers: [aProvider({ name: 'cloud-b', pools: [aPool({ 'max-servers': 2 })] })] }));
    await world.clock.advance(10_000);

    expect(before?.state).toBe('pending');
    const request = await world.requestNow(waiting);
    const nodes = await Promise.all((request?.nodes ?? []).map((id) => world.node(id)));
    expect(request?.state).toBe('fulfilled');
    expect(nodes.map((node) => node?.provider)).toEqual(['cloud-b', 'cloud-b']);
    const left = (await world.nodes()).filter(({ provider }) => provider === 'cloud-a');
    expect(left.map(({ allocatedTo }) => allocatedTo)).not.toContain(waiting);
  });

  it('without any pool that has its label fails a request that was in hand', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 5_000 } })] }));
    const id = await world.request({ nodeTypes: ['large'] });
    await settle();

    launcher.reload(
      aConfig({ providers: [aProvider({ name: 'cloud-b', pools: [aPool({ labels: [aLabel('small')] })] })] }),
    );
    await world.clock.advance(10_000);

    expect((await world.requestNow(id))?.state).toBe('failed');
  });

  it('with max-servers 0 declines requests and leaves nodes their lives', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    const first = await world.request();
    await settle();

    launcher.reload(aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 0 })] })] }));
    await settle();

    expect((await world.settled(await world.request()))?.state).toBe('failed');
    expect((await world.requestNow(first))?.state).toBe('fulfilled');
    expect(await world.nodes()).toHaveLength(1);
  });

  it('tries a provider that could not be opened again', async () => {
    await using world = new World();
    world.cloud.broken.add('cloud-a');
    const launcher = await world.launcher();
    expect(await pools(world)).toEqual([]);

    world.cloud.broken.clear();
    launcher.reload(aConfig({ providers: [aProvider({ 'launch-retries': 1 })] }));
    await settle();

    expect(await pools(world)).toHaveLength(1);
  });

  it('leaves nodes of a provider that was removed alone', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    const id = await world.request();
    await settle();
    launcher.reload(aConfig({ providers: [aProvider({ name: 'cloud-b' })] }));
    await settle();

    for (const held of await world.take(id)) await held.updateAndRelease({ state: 'used' });
    await world.clock.advance(120_000);

    expect((await world.nodes()).map(({ state }) => state)).toEqual(['used']);
  });
});
