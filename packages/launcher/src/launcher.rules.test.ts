import { ProviderError } from '@nodepool/driver-api';
import type { Node } from '@nodepool/model';
import { aNode } from '@nodepool/model/testing';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const slow = { 'boot-ms': 5_000 };

async function states(world: World, ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  return Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
}

async function makeNode(world: World, fields: Partial<Node>): Promise<string> {
  const held = await world.store.nodes.create(aNode({ allocatedTo: null, type: ['small'], ...fields }));
  await held.updateAndRelease({ state: fields.state ?? 'ready' });
  return held.id;
}

describe('max-concurrency', () => {
  it('counts launches that run, over all pools of the provider', async () => {
    await using world = new World();
    const pools = [aPool(), aPool({ name: 'second' })];
    await world.launcher(aConfig({ providers: [aProvider({ 'max-concurrency': 2, fake: slow, pools })] }));

    const ids = await Promise.all(Array.from({ length: 5 }, () => world.request()));
    await world.clock.advance(1_000);
    const first = (await world.nodes()).length;
    await world.clock.advance(6_000);
    const second = await states(world, ids);
    await world.clock.advance(20_000);

    expect(first).toBe(2);
    expect(second.filter((state) => state === 'fulfilled')).toHaveLength(2);
    expect(await states(world, ids)).toEqual(ids.map(() => 'fulfilled'));
  });

  it('does not count nodes that are given as they are', async () => {
    await using world = new World();
    for (let count = 0; count < 3; count += 1) await makeNode(world, {});
    await world.launcher(aConfig({ providers: [aProvider({ 'max-concurrency': 1, fake: slow })] }));

    const ids = [await world.request(), await world.request(), await world.request()];
    await settle(30);

    expect(await states(world, ids)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
  });
});

describe('a request for several nodes', () => {
  it('stays in the zone of the first node that it was given', async () => {
    await using world = new World();
    await makeNode(world, { az: 'zone-2' });
    await makeNode(world, { az: 'zone-1' });
    const pools = [aPool({ 'availability-zones': ['zone-1', 'zone-2', 'zone-3'] })];
    await world.launcher(aConfig({ providers: [aProvider({ pools })] }));

    const request = await world.settled(await world.request({ nodeTypes: ['small', 'small', 'large'] }));
    const zones = await Promise.all((request?.nodes ?? []).map(async (id) => (await world.node(id))?.az));

    expect(zones).toEqual(['zone-2', 'zone-2', 'zone-2']);
  });

  it('that its pool can never hold is declined by that pool and served by another', async () => {
    await using world = new World();
    const providers = [
      aProvider({ pools: [aPool({ 'max-servers': 2 })] }),
      aProvider({ name: 'cloud-b', pools: [aPool({ 'max-servers': 3 })] }),
    ];
    await world.launcher(aConfig({ providers }));

    const id = await world.request({ nodeTypes: ['small', 'small', 'small'] });
    await world.clock.advance(2_000);

    const request = await world.requestNow(id);
    expect(request?.state).toBe('fulfilled');
    expect(await world.node(request?.nodes[0])).toMatchObject({ provider: 'cloud-b' });
  });

  it('keeps the ids of pools that are gone among those that have declined', async () => {
    await using world = new World();
    await world.launcher();

    const id = await world.request({ nodeTypes: ['huge'] });
    const zk = world.ensemble.connect();
    const path = `/nodepool/requests/${id}`;
    const { data } = await zk.get(path);
    await zk.set(path, Buffer.from(JSON.stringify({ ...JSON.parse(data.toString()), declined_by: ['long-gone'] })));
    await settle();

    expect(await world.requestNow(id)).toMatchObject({
      state: 'failed',
      declinedBy: ['long-gone', expect.stringContaining('PoolWorker.cloud-a-main')],
    });
  });
});

describe('a launch', () => {
  it('names the instance of the new attempt on the record at once', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ fake: slow })] }));
    await world.request();
    await world.clock.advance(1_000);
    const first = (await world.node('0000000000'))?.externalId;

    world.cloud.failNext('checkLaunch', new ProviderError('launch-failed', 'broken'));
    await world.clock.advance(5_000);

    const [instance] = await world.cloud.instances();
    const second = (await world.node('0000000000'))?.externalId;
    expect(first).not.toBeNull();
    expect(second).not.toEqual(first);
    expect(second).toEqual(instance?.externalId);
  });

  it('into a zone that the cloud has removed is made again', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ 'availability-zones': ['old'] })] })] }));
    world.cloud.failNext('launch', new ProviderError('launch-failed', 'no such zone'));

    const id = await world.request();
    await world.clock.advance(5_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(world.cloud.calls.launch).toBe(2);
  });

  it('that is refused for quota leaves an aborted node, which goes, and is made again here', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    world.cloud.failNext('launch', new ProviderError('quota', 'no more cores'));
    const id = await world.request();
    await settle();
    const paused = launcher.state().pools[0]?.paused;

    await world.clock.advance(5_000);

    expect(paused).toBe(1);
    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', declinedBy: [], nodes: ['0000000001'] });
    expect(await world.nodes()).toHaveLength(1);
  });
});

describe('use of a quota', () => {
  it.each(['used', 'hold', 'deleting', 'in-use'] as const)('counts nodes that are %s', async (state) => {
    await using world = new World();
    const held = await world.store.nodes.create(aNode({ allocatedTo: null, resources: { instances: 1 } }));
    await held.update({ state });
    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 1 })] })] }));

    const id = await world.request();
    await settle(30);

    expect((await world.requestNow(id))?.state).toBe('pending');
    expect(world.cloud.calls.launch).toBe(0);
  });

  it('counts a node without resources as its label needs', async () => {
    await using world = new World();
    const held = await world.store.nodes.create(aNode({ allocatedTo: null, type: ['small'], resources: null }));
    await held.update({ state: 'in-use' });
    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ 'max-cores': 7 })] })] }));

    const id = await world.request();
    await settle(30);

    expect((await world.requestNow(id))?.state).toBe('pending');
  });

  it('does not count a node whose pool is no longer configured, and which says nothing of its resources', async () => {
    await using world = new World();
    const held = await world.store.nodes.create(aNode({ allocatedTo: null, pool: 'gone', resources: null }));
    await held.update({ state: 'in-use' });
    await world.launcher(aConfig({ providers: [aProvider({ fake: { quota: { instances: 1 } } })] }));

    const id = await world.request();
    await settle(30);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
  });
});

describe('a pool that waits for room', () => {
  it('gives up a second idle node when the first has been on its way out for five minutes', async () => {
    await using world = new World();
    const [old] = [await makeNode(world, { type: ['small'] }), await makeNode(world, { type: ['small'] })];
    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 2 })] })] }));
    await world.clock.advance(25_000);
    const open = world.cloud.hold('terminate');
    const id = await world.request({ nodeTypes: ['large'] });
    await world.clock.advance(200_000);
    const during = (await world.nodes()).filter(({ state }) => state === 'ready').length;
    await world.clock.advance(200_000);
    const after = (await world.nodes()).filter(({ state }) => state === 'ready').length;
    open();
    await world.clock.advance(10_000);

    expect(old).toBe('0000000000');
    expect([during, after]).toEqual([1, 0]);
    expect((await world.requestNow(id))?.state).toBe('fulfilled');
  });
});

describe('a provider that launches nothing', () => {
  async function standing(world: World, count: number): Promise<void> {
    world.cloud.onlyExisting.add('cloud-a');
    for (let made = 0; made < count; made += 1) await makeNode(world, {});
  }

  it('gives what there is and lets the others wait without pausing its pool', async () => {
    await using world = new World();
    await standing(world, 2);
    await world.launcher();

    const ids = [await world.request(), await world.request(), await world.request()];
    await settle(30);

    expect(await states(world, ids)).toEqual(['fulfilled', 'fulfilled', 'requested']);
    expect((await world.store.components.list('pool'))[0]).toMatchObject({ paused: false });
    expect(world.cloud.calls.launch).toBe(0);
  });

  it('serves who waits as soon as a node is idle', async () => {
    await using world = new World();
    await standing(world, 0);
    await world.launcher();
    const id = await world.request();
    await settle();

    await makeNode(world, {});
    await world.clock.advance(1_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
  });

  it('keeps no nodes from others for a request that needs more than there are', async () => {
    await using world = new World();
    await standing(world, 1);
    await world.launcher();
    const greedy = await world.request({ nodeTypes: ['small', 'small'] });
    await settle();

    const modest = await world.request();
    await world.clock.advance(3_000);

    expect(await world.requestNow(greedy)).toMatchObject({ state: 'requested', declinedBy: [] });
    expect((await world.requestNow(modest))?.state).toBe('fulfilled');
  });

  it('counts nodes of its own only', async () => {
    await using world = new World();
    await standing(world, 0);
    await makeNode(world, { provider: 'cloud-b' });
    await world.launcher();

    const id = await world.request();
    await settle(30);

    expect(await world.requestNow(id)).toMatchObject({ state: 'requested', declinedBy: [] });
  });
});

describe('a label without standing stock', () => {
  it.each([0, -1])('and min-ready %i is launched on demand', async (minReady) => {
    await using world = new World();
    await world.launcher(aConfig({ labels: [{ name: 'small', minReady }, { name: 'large' }] }));
    await world.clock.advance(1_000);
    const before = await world.nodes();

    const request = await world.settled(await world.request());

    expect(before).toEqual([]);
    expect(request?.state).toBe('fulfilled');
  });
});

describe('a pool whose label takes too much', () => {
  it.each([
    ['max-cores', { 'max-cores': 3 }],
    ['max-ram', { 'max-ram': 4096 }],
  ])('for its %s declines what it could never serve', async (_limit, pool) => {
    await using world = new World();
    await world.launcher(
      aConfig({ providers: [aProvider({ pools: [aPool({ labels: [aLabel('small')], ...pool })] })] }),
    );

    const request = await world.settled(await world.request());

    expect(request?.state).toBe('failed');
  });
});
