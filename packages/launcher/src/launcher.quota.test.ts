import { ProviderError } from '@nodepool/driver-api';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const limited = (servers: number, pool: Record<string, unknown> = {}) =>
  aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': servers, ...pool })] })] });

async function used(world: World, requestId: string): Promise<void> {
  for (const held of await world.take(requestId)) await held.updateAndRelease({ state: 'used' });
}

describe('a pool at its limit', () => {
  it('waits with one request and takes no more', async () => {
    await using world = new World();
    await world.launcher(limited(1));

    const ids = [await world.request(), await world.request(), await world.request()];
    await settle();

    const states = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
    expect(states).toEqual(['fulfilled', 'pending', 'requested']);
    const [pool] = await world.store.components.list('pool');
    expect(pool).toMatchObject({ paused: true });
  });

  it('goes on as soon as a node is gone, and says that it no longer waits', async () => {
    await using world = new World();
    await world.launcher(limited(1));
    const [first, second] = [await world.request(), await world.request()];
    await settle();

    await used(world, first);
    await world.clock.advance(1_000);

    expect((await world.requestNow(second))?.state).toBe('fulfilled');
    expect((await world.store.components.list('pool'))[0]).toMatchObject({ paused: false });
    expect(await world.cloud.instances()).toHaveLength(1);
  });

  it('makes no call that the known quota forbids', async () => {
    await using world = new World();
    await world.launcher(limited(2));

    await Promise.all(Array.from({ length: 10 }, () => world.request()));
    await world.clock.advance(10_000);

    expect(world.cloud.calls.launch).toBe(2);
  });

  it('goes on declining what it can never serve', async () => {
    await using world = new World();
    await world.launcher(limited(1));
    await world.request();
    await world.request();
    await settle();

    const request = await world.settled(await world.request({ nodeTypes: ['huge'] }));

    expect(request?.state).toBe('failed');
  });

  it('deletes the idle node of another label that is in the way', async () => {
    await using world = new World();
    await world.launcher(limited(1));
    const first = await world.request({ nodeTypes: ['large'] });
    await settle();
    await world.store.requests.remove(first);
    await settle();

    const id = await world.request({ nodeTypes: ['small'] });
    await world.clock.advance(1_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect((await world.nodes()).map(({ type }) => type)).toEqual([['small']]);
  });

  it('deletes idle nodes one after the other', async () => {
    await using world = new World();
    await world.launcher(limited(2));
    const first = await world.request({ nodeTypes: ['large', 'large'] });
    await settle();
    await world.store.requests.remove(first);
    await settle();
    const release = world.cloud.hold('terminate');

    await world.request({ nodeTypes: ['small'] });
    await world.clock.advance(30_000);

    expect((await world.nodes()).map(({ state }) => state).sort()).toEqual(['deleting', 'ready']);
    release();
  });

  it('serves waiting requests in their order when several wait', async () => {
    await using world = new World();
    const launcher = await world.launcher(limited(2));
    world.cloud.failNext('launch', new ProviderError('quota', 'full'), new ProviderError('quota', 'full'));
    const low = await world.request({ priority: '300' });
    const high = await world.request({ priority: '100' });
    await settle();
    expect(launcher.state().pools[0]?.paused).toBe(2);

    launcher.zk.suspend();
    await world.clock.advance(5_000);
    launcher.zk.resume();
    await settle();

    const ready = (await world.nodes()).filter(({ state }) => state === 'ready');
    expect(ready.map(({ allocatedTo }) => allocatedTo)).toEqual([high, low]);
  });

  it('lets go of a waiting request that is cancelled', async () => {
    await using world = new World();
    await world.launcher(limited(1));
    const [first, second, third] = [await world.request(), await world.request(), await world.request()];
    await settle();

    await world.store.requests.remove(second);
    await settle();
    await used(world, first);
    await world.clock.advance(1_000);

    expect((await world.requestNow(third))?.state).toBe('fulfilled');
  });

  it('takes back the node that becomes idle', async () => {
    await using world = new World();
    await world.launcher(limited(1));
    const first = await world.request();
    const second = await world.request();
    await settle();

    await world.store.requests.remove(first);
    await world.clock.advance(100);

    expect(await world.requestNow(second)).toMatchObject({ state: 'fulfilled', nodes: ['0000000000'] });
  });

  it('counts a request that can never fit as declined', async () => {
    await using world = new World();
    await world.launcher(limited(1));

    const request = await world.settled(await world.request({ nodeTypes: ['small', 'small'] }));

    expect(request?.state).toBe('failed');
  });
});

describe('the quota of a provider', () => {
  const account = (quota: Record<string, number>, pools = [aPool()]) =>
    aConfig({ providers: [aProvider({ pools, fake: { quota } })] });

  it('is kept over all of its pools', async () => {
    await using world = new World();
    const pools = [aPool({ name: 'one' }), aPool({ name: 'two' })];
    await world.launcher(account({ instances: 3 }, pools));

    await Promise.all(Array.from({ length: 6 }, () => world.request()));
    await world.clock.advance(5_000);

    expect(world.cloud.calls.launch).toBe(3);
    expect(await world.cloud.instances()).toHaveLength(3);
  });

  it('is not looked at by a pool that ignores it', async () => {
    await using world = new World();
    const pools = [aPool({ 'ignore-provider-quota': true })];
    await world.launcher(account({ instances: 0 }, pools));

    await world.request();
    await settle();

    expect(world.cloud.calls.launch).toBe(1);
  });

  it('that the cloud says is used up makes the node aborted and the request wait', async () => {
    await using world = new World();
    await world.launcher();
    world.cloud.failNext('launch', new ProviderError('quota', 'quota exceeded'));

    const id = await world.request();
    await settle();
    expect((await world.requestNow(id))?.state).toBe('pending');
    await world.clock.advance(2_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect((await world.nodes()).map(({ state }) => state)).toEqual(['ready']);
    expect(world.cloud.calls.launch).toBe(2);
  });

  it('refused again and again is asked for in growing pauses', async () => {
    await using world = new World();
    await world.launcher();
    world.cloud.failNext('launch', ...Array.from({ length: 50 }, () => new ProviderError('quota', 'full')));

    await world.request();
    await world.clock.advance(60_000);

    expect(world.cloud.calls.launch).toBeLessThan(10);
    expect(world.cloud.calls.launch).toBeGreaterThan(3);
  });
});

describe('a cloud without capacity', () => {
  const zones = (names: readonly string[]) =>
    aProvider({ pools: [aPool({ 'availability-zones': names, labels: [aLabel('small')] })] });

  it('is asked for another zone at once', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [zones(['zone-1', 'zone-2'])] }));
    world.cloud.failNext('launch', new ProviderError('capacity', 'no host'));

    const request = await world.settled(await world.request());

    expect(request?.state).toBe('fulfilled');
  });

  it('leaves the request to another pool that could serve it', async () => {
    await using world = new World();
    const providers = [{ ...zones(['zone-1']), priority: 1 }, aProvider({ name: 'cloud-b' })];
    await world.launcher(aConfig({ providers }));
    world.cloud.failNext('launch', new ProviderError('capacity', 'no host'));

    const request = await world.settled(await world.request());

    expect((await world.node(request?.nodes[0]))?.provider).toBe('cloud-b');
  });

  it('is asked again when no other pool could serve the request', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [zones(['zone-1'])] }));
    world.cloud.failNext('launch', new ProviderError('capacity', 'no host'));

    const id = await world.request();
    await world.clock.advance(2_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
  });
});

describe('zones', () => {
  const names = ['zone-1', 'zone-2', 'zone-3'];
  it.each([
    ['of the pool', aProvider({ pools: [aPool({ 'availability-zones': names })] })],
    [
      'of the cloud, where the pool names none',
      aProvider({ pools: [aPool({})], fake: { 'availability-zones': names } }),
    ],
  ])('are one per request: %s', async (_whose, provider) => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [provider] }));
    await settle();

    for (let round = 0; round < 5; round += 1) await world.request({ nodeTypes: ['small', 'small', 'large'] });
    await settle();

    const zonesOf = new Map<string, Set<string | null>>();
    for (const { allocatedTo, az } of await world.nodes()) {
      zonesOf.set(allocatedTo ?? '', (zonesOf.get(allocatedTo ?? '') ?? new Set()).add(az));
    }
    expect(
      [...zonesOf.values()].map((zones) => [...zones].filter((zone) => names.includes(zone ?? '')).length),
    ).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('requests that each hold what the other needs', () => {
  it('are both served, the more urgent one first', async () => {
    await using world = new World();
    await world.launcher(limited(3));
    const quota = (): ProviderError => new ProviderError('quota', 'full');
    world.cloud.failNext('launch', quota(), quota());
    const first = await world.request({ nodeTypes: ['small', 'small'] });
    const second = await world.request({ nodeTypes: ['small', 'small'] });
    await world.clock.advance(5_000);

    expect((await world.requestNow(first))?.state).toBe('fulfilled');
    expect((await world.requestNow(second))?.state).not.toBe('fulfilled');
    await used(world, first);
    await world.clock.advance(10_000);

    expect((await world.requestNow(second))?.state).toBe('fulfilled');
  });

  it('in two pools of one account are both served', async () => {
    await using world = new World();
    const pools = [
      aPool({ name: 'one', labels: [aLabel('small')] }),
      aPool({ name: 'two', labels: [aLabel('large')] }),
    ];
    await world.launcher(aConfig({ providers: [aProvider({ pools, fake: { quota: { instances: 2 } } })] }));
    const release = world.cloud.hold('launch');
    const smalls = await world.request({ nodeTypes: ['small'] });
    const larges = await world.request({ nodeTypes: ['large'] });
    await settle();
    release();
    await settle();
    const more = [
      await world.request({ nodeTypes: ['small', 'small'], reuse: true }),
      await world.request({ nodeTypes: ['large', 'large'], reuse: true }),
    ];
    await world.store.requests.remove(smalls);
    await world.store.requests.remove(larges);

    await world.clock.advance(900_000);
    const done = (await Promise.all(more.map((id) => world.requestNow(id)))).find(
      (request) => request?.state === 'fulfilled',
    );
    expect(done).toBeDefined();
    await used(world, done?.id ?? '');
    await world.clock.advance(900_000);

    const left = more.find((id) => id !== done?.id) ?? '';
    expect((await world.requestNow(left))?.state).toBe('fulfilled');
  });
});
