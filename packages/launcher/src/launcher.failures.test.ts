import { ProviderError } from '@nodepool/driver-api';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const failed = (): ProviderError => new ProviderError('launch-failed', 'made to fail');

describe('a launch', () => {
  it('that fails is made again on the same record, after its instance is gone', async () => {
    await using world = new World();
    await world.launcher();
    world.cloud.failNext('checkLaunch', failed());

    const id = await world.request();
    await world.clock.advance(1_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000000'] });
    expect(world.cloud.calls.launch).toBe(2);
    const instances = await world.cloud.instances();
    expect(instances.map(({ externalId }) => externalId)).toEqual([(await world.node('0000000000'))?.externalId]);
  });

  it('is given up after launch-retries attempts, and leaves no instance', async () => {
    await using world = new World();
    await world.launcher();
    world.cloud.failNext('checkLaunch', failed(), failed(), failed());

    const id = await world.request();
    await world.clock.advance(5_000);

    expect((await world.requestNow(id))?.state).toBe('failed');
    expect(world.cloud.calls.launch).toBe(3);
    expect(await world.nodes()).toEqual([]);
    expect(await world.cloud.instances()).toEqual([]);
  });

  it('is given up when it takes longer than launch-timeout', async () => {
    await using world = new World();
    const provider = aProvider({ 'launch-timeout': 60, 'launch-retries': 1, fake: { 'boot-ms': 120_000 } });
    await world.launcher(aConfig({ providers: [provider] }));

    const id = await world.request();
    await world.clock.advance(59_000);
    expect((await world.requestNow(id))?.state).toBe('pending');
    await world.clock.advance(2_000);

    expect((await world.requestNow(id))?.state).toBe('failed');
    await world.clock.advance(1_000);
    expect(await world.cloud.instances()).toEqual([]);
  });

  it('outlives failures of the cloud that pass', async () => {
    await using world = new World();
    await world.launcher();
    const passing = (): ProviderError => new ProviderError('transient', 'busy');
    world.cloud.failNext('launch', passing(), passing());
    world.cloud.failNext('checkLaunch', ...Array.from({ length: 6 }, passing));

    const id = await world.request();
    await world.clock.advance(60_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(await world.cloud.instances()).toHaveLength(1);
  });

  it('of a label that the cloud refuses for good takes the label offline until the configuration changes', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    world.cloud.failNext('launch', new ProviderError('misconfigured', 'no such flavor'));

    const first = await world.settled(await world.request());
    const second = await world.settled(await world.request());
    expect([first?.state, second?.state]).toEqual(['failed', 'failed']);
    expect(world.cloud.calls.launch).toBe(1);
    expect((await world.settled(await world.request({ nodeTypes: ['large'] })))?.state).toBe('fulfilled');

    launcher.reload(aConfig({ providers: [aProvider({ 'launch-retries': 2 })] }));
    await settle();

    expect((await world.settled(await world.request()))?.state).toBe('fulfilled');
  });

  it('keeps its ticket on the record while it is under way', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 1_000 } })] }));

    await world.request();
    await settle();

    const [instance] = await world.cloud.instances();
    expect(await world.node('0000000000')).toMatchObject({
      state: 'building',
      externalId: instance?.externalId,
      driverData: { launch: { attempt: 1 } },
    });
    await world.clock.advance(1_000);
    expect(await world.node('0000000000')).toMatchObject({ state: 'ready', driverData: null });
  });

  it('of many machines shares one listing', async () => {
    await using world = new World();
    await world.launcher();
    const ids = await Promise.all(Array.from({ length: 50 }, () => world.request()));
    await settle(30);
    for (const id of ids) for (const held of await world.take(id)) await held.updateAndRelease({ state: 'used' });

    await world.clock.advance(3_000);

    expect(await world.nodes()).toEqual([]);
    expect(world.cloud.calls.listInstances).toBeLessThan(10);
  });

  it('of a node that is deleted meanwhile leaves no instance behind', async () => {
    await using world = new World();
    await world.launcher();
    const release = world.cloud.hold('launch');
    const id = await world.request();
    await settle();

    await world.store.nodes.removeUnlocked('0000000000');
    release();
    await world.clock.advance(1_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000001'] });
    expect(await world.cloud.instances()).toHaveLength(1);
  });
});

describe('a node that is done with', () => {
  const usedUp = async (world: World): Promise<void> => {
    const id = await world.request();
    await settle();
    for (const held of await world.take(id)) await held.updateAndRelease({ state: 'used' });
  };

  it('is deleted with its instance', async () => {
    await using world = new World();
    await world.launcher();
    await usedUp(world);

    await world.clock.advance(1_000);

    expect(await world.nodes()).toEqual([]);
    expect(await world.cloud.instances()).toEqual([]);
  });

  it('keeps its record until the cloud proves that the instance is gone', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ fake: { 'delete-ms': 20_000 } })] }));
    await usedUp(world);

    await world.clock.advance(15_000);
    expect((await world.nodes()).map(({ state }) => state)).toEqual(['deleting']);
    await world.clock.advance(10_000);

    expect(await world.nodes()).toEqual([]);
  });

  it('is deleted in the end when deletion fails at first', async () => {
    await using world = new World();
    await world.launcher();
    world.cloud.failNext('terminate', failed(), failed());
    await usedUp(world);

    await settle();
    expect((await world.nodes()).map(({ state }) => state)).toEqual(['deleting']);
    await world.clock.advance(10_000);

    expect(await world.nodes()).toEqual([]);
    expect(await world.cloud.instances()).toEqual([]);
  });

  it('is let go after ten minutes and tried again', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ fake: { 'delete-ms': 900_000 } })] }));
    await usedUp(world);

    await world.clock.advance(1_000_000);

    expect(await world.nodes()).toEqual([]);
  });

  it('waits for whoever has it locked', async () => {
    await using world = new World();
    await world.launcher();
    const id = await world.request();
    await settle();
    const [held] = await world.take(id);
    await held?.update({ state: 'used' });

    await world.clock.advance(10_000);
    expect(await world.nodes()).toHaveLength(1);
    expect(world.cloud.calls.terminate).toBe(0);
    await held?.release();
    await world.clock.advance(1_000);

    expect(await world.nodes()).toEqual([]);
  });

  it('dies when the client that used it is gone', async () => {
    await using world = new World();
    await world.launcher();
    const id = await world.request();
    await settle();
    const [held] = await world.take(id);
    expect((await world.nodes()).map(({ state }) => state)).toEqual(['in-use']);

    await held?.release();
    await world.clock.advance(3_000);

    expect(await world.nodes()).toEqual([]);
  });
});

describe('a broken provider', () => {
  it('keeps nobody else waiting, and its labels fail', async () => {
    await using world = new World();
    world.cloud.broken.add('cloud-b');
    const labels = [aLabel('only-there')];
    const providers = [aProvider(), aProvider({ name: 'cloud-b', pools: [aPool({ labels })] })];
    const launcher = await world.launcher(aConfig({ providers }));

    const good = await world.settled(await world.request());
    const bad = await world.settled(await world.request({ nodeTypes: ['only-there'] }));

    expect([good?.state, bad?.state]).toEqual(['fulfilled', 'failed']);
    expect(launcher.state().providers.map(({ name }) => name)).toEqual(['cloud-a']);
  });
});
