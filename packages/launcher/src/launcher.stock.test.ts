import { ProviderError } from '@nodepool/driver-api';
import { minReadyRequestor } from '@nodepool/model';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const stock = (minReady: number, servers?: number) =>
  aConfig({
    labels: [{ name: 'small', minReady }, { name: 'large' }],
    providers: [aProvider({ pools: [aPool(servers === undefined ? {} : { 'max-servers': servers })] })],
  });

describe('the standing stock', () => {
  it('is made at the start and promised to nobody', async () => {
    await using world = new World();
    await world.launcher(stock(3));
    await settle(30);

    const nodes = await world.nodes();

    expect(nodes.map(({ state, allocatedTo, requestor, type }) => [state, allocatedTo, requestor, type[0]])).toEqual(
      Array.from({ length: 3 }, () => ['ready', null, minReadyRequestor, 'small']),
    );
    expect((await world.store.requests.list()).requests).toEqual([]);
  });

  it('is filled up after a node was handed out', async () => {
    await using world = new World();
    await world.launcher(stock(2));
    await settle(30);

    const request = await world.settled(await world.request());
    await settle(30);

    expect(request?.nodes).toEqual(['0000000000']);
    expect((await world.nodes()).filter(({ allocatedTo }) => allocatedTo === null)).toHaveLength(2);
  });

  it('never stands in the way of somebody who waits', async () => {
    await using world = new World();
    await world.launcher(stock(2, 2));
    await settle(30);

    const id = await world.request({ nodeTypes: ['large'] });
    await world.clock.advance(1_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(await world.nodes()).toHaveLength(2);
  });

  it('is filled up as soon as a place is free again', async () => {
    await using world = new World();
    await world.launcher(stock(1, 1));
    await settle(30);
    const id = await world.request();
    await settle();
    const [held] = await world.take(id);
    await world.clock.advance(5_000);
    expect(await world.nodes()).toHaveLength(1);

    await held?.updateAndRelease({ state: 'used' });
    await world.clock.advance(2_000);

    expect((await world.nodes()).map(({ state, id: node }) => [state, node])).toEqual([['ready', '0000000001']]);
  });

  it('is asked for in growing pauses when it cannot be made', async () => {
    await using world = new World();
    const providers = [aProvider({ 'launch-retries': 1 })];
    const launcher = await world.launcher(aConfig({ labels: [{ name: 'small', minReady: 1 }], providers }));
    world.cloud.failNext(
      'launch',
      ...Array.from({ length: 99 }, () => new ProviderError('launch-failed', 'made to fail')),
    );
    await world.store.nodes.removeUnlocked('0000000000');

    await world.clock.advance(120_000);

    expect(world.cloud.calls.launch).toBeLessThan(12);
    expect(launcher.state().stockRequests).toBeLessThanOrEqual(1);
  });

  it('is not asked for while no image is ready', async () => {
    await using world = new World();
    const provider = aProvider({
      diskimages: [{ name: 'noble' }],
      pools: [aPool({ labels: [aLabel('small', { 'cloud-image': undefined, diskimage: 'noble' })] })],
    });
    await world.launcher(aConfig({ labels: [{ name: 'small', minReady: 1 }], providers: [provider] }));
    await settle();
    expect((await world.store.requests.list()).requests).toEqual([]);

    await upload(world);
    await settle(30);

    expect(await world.nodes()).toMatchObject([
      {
        state: 'ready',
        username: 'debian',
        pythonPath: '/usr/bin/python3',
        imageId: expect.stringMatching(/^\/nodepool\/images\/noble\/builds\/.+\/providers\/cloud-a\/images\/\d{10}$/),
      },
    ]);
  });

  it('of a label that was removed from the configuration is not filled up', async () => {
    await using world = new World();
    const launcher = await world.launcher(stock(1));
    await settle(30);
    launcher.reload(stock(0));
    await settle();

    await world.settled(await world.request());
    await settle(30);

    expect(await world.nodes()).toHaveLength(1);
  });

  it('is kept once by a launcher that was restarted', async () => {
    await using world = new World();
    const first = await world.launcher(
      aConfig({ ...{ labels: [{ name: 'small', minReady: 2 }] }, providers: [slow()] }),
    );
    await world.clock.advance(100);
    await first.kill();

    await world.launcher(stock(2));
    await world.clock.advance(60_000);

    expect((await world.nodes()).map(({ state }) => state)).toEqual(['ready', 'ready']);
    expect(await world.cloud.instances()).toHaveLength(2);
  });
});

describe('the standing stock of several launchers', () => {
  it('is kept once, however many list the label', async () => {
    await using world = new World();
    await world.launcher(stock(3));
    await world.launcher(stock(3), { host: 'launcher-2' });
    await world.launcher(stock(3), { host: 'launcher-3' });
    await world.clock.advance(60_000);

    expect(await world.nodes()).toHaveLength(3);
    expect(world.cloud.calls.launch).toBe(3);
  });

  it('is kept by another when its keeper dies, and launches under way count', async () => {
    await using world = new World();
    const config = aConfig({ labels: [{ name: 'small', minReady: 4 }], providers: [slow()] });
    const first = await world.launcher(config);
    await world.launcher(config, { host: 'launcher-2' });
    await world.clock.advance(2_000);

    await first.kill();
    await world.clock.advance(60_000);

    expect((await world.nodes()).map(({ state, allocatedTo }) => [state, allocatedTo])).toEqual(
      Array.from({ length: 4 }, () => ['ready', null]),
    );
    expect(world.cloud.calls.launch).toBe(4);
  });

  it('is kept by another when its keeper stops, without surplus', async () => {
    await using world = new World();
    const config = aConfig({ labels: [{ name: 'small', minReady: 4 }], providers: [slow()] });
    const first = await world.launcher(config);
    await world.launcher(config, { host: 'launcher-2' });
    await world.clock.advance(2_000);

    const stopped = first.stop({ graceful: true });
    await world.clock.advance(60_000);
    await stopped;
    const [node] = await world.nodes();
    const held = await world.store.nodes.lock(node?.id ?? '');
    await held?.updateAndRelease({ state: 'used' });
    await world.clock.advance(60_000);

    expect(await world.nodes()).toHaveLength(4);
    expect(world.cloud.calls.launch).toBe(5);
  });

  it('counts what another program has asked for', async () => {
    await using world = new World();
    await world.request({ requestor: minReadyRequestor, priority: '900', nodeTypes: ['small'], reuse: false });
    await world.launcher(stock(2));
    await world.clock.advance(1_000);

    expect(await world.nodes()).toHaveLength(2);
  });

  it('is kept by a launcher whose pools have the label', async () => {
    await using world = new World();
    const labels = [{ name: 'small', minReady: 2 }, { name: 'large' }];
    const without = [aProvider({ name: 'cloud-b', pools: [aPool({ labels: [aLabel('large')] })] })];
    await world.launcher(aConfig({ labels, providers: without }));
    await world.launcher(aConfig({ labels }), { host: 'launcher-2' });
    await world.clock.advance(1_000);

    expect((await world.nodes()).map(({ provider }) => provider)).toEqual(['cloud-a', 'cloud-a']);
  });
});

function slow() {
  return aProvider({ fake: { 'boot-ms': 10_000 } });
}

async function upload(world: World): Promise<void> {
  const { images } = world.store;
  const lock = await images.lockImage('noble');
  if (lock === undefined) throw new Error('somebody builds');
  const id = '0123456789abcdef0123456789abcdef';
  const user = { username: 'debian', pythonPath: '/usr/bin/python3', shellType: null };
  await images.createBuild(
    { id, image: 'noble', state: 'ready', builder: null, builderId: null, formats: ['qcow2'], ...user },
    lock,
  );
  const uploading = await images.lockUploads({ image: 'noble', buildId: id, provider: 'cloud-a' });
  if (uploading === undefined) throw new Error('somebody uploads');
  await images.createUpload(
    {
      image: 'noble',
      buildId: id,
      provider: 'cloud-a',
      state: 'ready',
      externalId: 'image-1',
      externalName: 'noble-1',
      format: 'qcow2',
      failureReason: null,
      ...user,
    },
    uploading,
  );
}
