import { ProviderError } from '@nodepool/driver-api';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const slow = aConfig({ providers: [aProvider({ fake: { 'boot-ms': 20_000 } })] });

/** The launcher dies while the node of a request boots. */
async function leftInTheMiddle(world: World, config = slow): Promise<string> {
  const first = await world.launcher(config);
  const id = await world.request();
  await world.clock.advance(2_000);
  await first.kill();
  return id;
}

describe('a launch under way when its launcher dies', () => {
  it('is carried on with by another launcher, for the same request', async () => {
    await using world = new World();
    const first = await world.launcher(slow);
    await world.launcher(slow, { host: 'launcher-2' });
    const ids = [await world.request(), await world.request(), await world.request()];
    await world.clock.advance(2_000);

    await first.kill();
    await world.clock.advance(1_000);
    const states = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
    await world.clock.advance(25_000);

    expect(states).toEqual(['pending', 'pending', 'pending']);
    for (const id of ids) expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(world.cloud.calls.launch).toBe(3);
    expect(await world.cloud.instances()).toHaveLength(3);
  });

  it('is carried on with by the same launcher after its restart', async () => {
    await using world = new World();
    const id = await leftInTheMiddle(world);

    await world.launcher(slow);
    await world.clock.advance(25_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000000'] });
    expect(world.cloud.calls.launch).toBe(1);
  });

  it('keeps the nodes that its request has already', async () => {
    await using world = new World();
    const config = aConfig({ providers: [aProvider({ fake: { 'boot-ms': { min: 1_000, max: 30_000 } } })] });
    const first = await world.launcher(config);
    const id = await world.request({ nodeTypes: ['small', 'small', 'small', 'large'] });
    await world.clock.advance(12_000);
    const before = (await world.nodes()).map((node) => node.state);
    await first.kill();

    await world.launcher(config);
    await world.clock.advance(30_000);

    expect(new Set(before)).toEqual(new Set(['ready', 'building']));
    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(world.cloud.calls.launch).toBe(4);
    expect(await world.nodes()).toHaveLength(4);
  });

  it('is brought to its end for the pool when nobody wants it any more', async () => {
    await using world = new World();
    const id = await leftInTheMiddle(world);
    await world.store.requests.remove(id);

    await world.launcher(slow);
    await world.clock.advance(30_000);

    expect(await world.nodes()).toMatchObject([{ state: 'ready', allocatedTo: null }]);
    expect(world.cloud.calls).toMatchObject({ launch: 1, terminate: 0 });
  });

  it('is brought to its end although its provider is replaced again and again', async () => {
    await using world = new World();
    const bootsFor = (ms: number) => aConfig({ providers: [aProvider({ fake: { 'boot-ms': ms } })] });
    const id = await leftInTheMiddle(world);
    await world.store.requests.remove(id);
    const second = await world.launcher(slow);

    second.zk.stall();
    await world.clock.advance(4_000);
    second.reload(bootsFor(20_001));
    await settle(20);
    second.zk.flow();
    await settle(20);
    second.reload(bootsFor(20_002));
    await world.clock.advance(30_000);

    expect(await world.nodes()).toMatchObject([{ state: 'ready', allocatedTo: null }]);
    expect(world.cloud.calls).toMatchObject({ launch: 1, terminate: 0 });
  });

  it('is begun anew on the same record when the cloud has lost it, and that attempt is not counted', async () => {
    await using world = new World();
    const config = aConfig({ providers: [aProvider({ 'launch-retries': 1, fake: { 'boot-ms': 20_000 } })] });
    const id = await leftInTheMiddle(world, config);
    world.cloud.failNext('checkLaunch', new ProviderError('launch-failed', 'there is no such instance'));

    await world.launcher(config);
    await world.clock.advance(30_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000000'], declinedBy: [] });
    expect(world.cloud.calls.launch).toBe(2);
    expect(await world.cloud.instances()).toHaveLength(1);
  });

  it('is not carried on with once its time is up', async () => {
    await using world = new World();
    const config = aConfig({ providers: [aProvider({ 'launch-timeout': 10, fake: { 'boot-ms': 3_000_000 } })] });
    const id = await leftInTheMiddle(world, config);
    await world.store.requests.remove(id);
    await world.clock.advance(10_000);

    await world.launcher(config);
    await world.clock.advance(10_000);

    expect(await world.nodes()).toEqual([]);
    expect(await world.cloud.instances()).toEqual([]);
  });

  it('has its time limit from the first who carries on, when it was begun by a clock that was ahead', async () => {
    await using world = new World();
    const config = aConfig({ providers: [aProvider({ 'launch-timeout': 10, fake: { 'boot-ms': 3_000_000 } })] });
    world.clock.jump(3_600_000);
    await leftInTheMiddle(world, config);
    world.clock.jump(-3_600_000);
    const second = await world.launcher(config);
    await world.clock.advance(6_000);
    await second.kill();

    await world.launcher(config);
    await world.clock.advance(3_000);
    const before = world.cloud.calls.launch;
    await world.clock.advance(2_000);

    expect([before, world.cloud.calls.launch]).toEqual([1, 2]);
  });

  it('has its own time limit from its start, whoever carries on', async () => {
    await using world = new World();
    const config = aConfig({
      providers: [aProvider({ 'launch-timeout': 10, 'launch-retries': 1, fake: { 'boot-ms': 3_000_000 } })],
    });
    const id = await leftInTheMiddle(world, config);

    await world.launcher(config);
    await world.clock.advance(9_000);
    const launches = world.cloud.calls.launch;
    await world.clock.advance(12_000);

    expect(launches).toBe(2);
    expect((await world.requestNow(id))?.state).toBe('failed');
  });

  it('is left to the launcher that serves its pool', async () => {
    await using world = new World();
    const elsewhere = aConfig({ providers: [aProvider({ name: 'cloud-b' })] });
    const first = await world.launcher(slow);
    const id = await world.request({ provider: 'cloud-a' });
    await world.clock.advance(2_000);
    await world.launcher(elsewhere, { host: 'launcher-2' });
    await world.launcher(slow, { host: 'launcher-3' });

    await first.kill();
    await world.clock.advance(25_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000000'] });
    expect(world.cloud.calls.launch).toBe(1);
  });

  it('does not keep its request from a launcher of another cloud for long', async () => {
    await using world = new World();
    const elsewhere = aConfig({ providers: [aProvider({ name: 'cloud-b' })] });
    const first = await world.launcher(slow);
    const id = await world.request({ provider: 'cloud-a' });
    await world.clock.advance(2_000);
    await world.launcher(elsewhere, { host: 'launcher-2' });

    await first.kill();
    await world.clock.advance(1_000);

    const request = await world.requestNow(id);
    expect(request?.state).toBe('fulfilled');
    expect(await world.node(request?.nodes[0])).toMatchObject({ provider: 'cloud-b' });
  });

  it('that nobody was told of yet is deleted, and its instance with it', async () => {
    await using world = new World();
    const first = await world.launcher(slow);
    const open = world.cloud.hold('launch');
    const id = await world.request();
    await settle();
    await first.kill();
    open();

    await world.launcher();
    await world.clock.advance(60_000);

    expect((await world.requestNow(id))?.nodes).toEqual(['0000000001']);
    expect(await world.cloud.instances()).toHaveLength(1);
  });

  it('whose label was taken out of the pool meanwhile is deleted', async () => {
    await using world = new World();
    const id = await leftInTheMiddle(world);

    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ labels: [aLabel('large')] })] })] }));
    await world.clock.advance(60_000);

    expect((await world.requestNow(id))?.state).toBe('failed');
    expect(await world.nodes()).toEqual([]);
    expect(await world.cloud.instances()).toEqual([]);
  });
});

describe('the work of a launcher that stops gracefully', () => {
  it('is carried on with within a second by another that serves the same pool', async () => {
    await using world = new World();
    const first = await world.launcher(slow);
    const ids = [await world.request(), await world.request({ nodeTypes: ['small', 'large'] })];
    await world.clock.advance(2_000);
    const second = await world.launcher(slow, { host: 'launcher-2' });

    const stopped = first.stop({ graceful: true });
    await world.clock.advance(1_000);
    const taken = second.state().pools.map(({ handling }) => handling);
    await stopped;
    await world.clock.advance(25_000);

    expect(taken).toEqual([2]);
    for (const id of ids) expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(world.cloud.calls.launch).toBe(3);
    expect(await world.nodes()).toHaveLength(3);
  });

  it('goes to a launcher of another pool when there is no other, and its launches end for its own pool', async () => {
    await using world = new World();
    const first = await world.launcher(slow);
    const id = await world.request({ provider: 'cloud-a' });
    await world.clock.advance(2_000);
    await world.launcher(aConfig({ providers: [aProvider({ name: 'cloud-b' })] }), { host: 'launcher-2' });

    const stopped = first.stop({ graceful: true });
    await world.clock.advance(1_000);
    const request = await world.requestNow(id);
    await world.clock.advance(25_000);
    await stopped;

    expect(request?.state).toBe('fulfilled');
    expect(await world.node('0000000000')).toMatchObject({ state: 'ready', allocatedTo: null });
  });

  it('is found by the same launcher when it comes back before its launches have ended', async () => {
    await using world = new World();
    const first = await world.launcher(slow, { graceMs: 1_000 });
    const id = await world.request();
    await world.clock.advance(2_000);
    const stopped = first.stop({ graceful: true });
    await world.clock.advance(1_500);
    await stopped;
    const state = (await world.requestNow(id))?.state;

    await world.launcher(slow);
    await world.clock.advance(25_000);

    expect(state).toBe('requested');
    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000000'] });
    expect(world.cloud.calls.launch).toBe(1);
  });
});
