import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from './testing/a-config.js';
import { type RunningTestLauncher, World } from './testing/world.js';

/** Lock directories are asked for by contenders; whoever comes late finds one there and adds a second child. */
async function watchLocks(world: World): Promise<{ readonly contenders: string[] }> {
  const contenders: string[] = [];
  const zk = world.ensemble.connect();
  for (const root of ['/nodepool/requests-lock', '/nodepool/nodes']) {
    await zk.ensurePath(root);
    await zk.addWatch(root, ({ type, path }) => {
      if (type === 'created' && path.includes('__lock__')) contenders.push(path);
    });
  }
  return { contenders };
}

async function shares(world: World): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { launcher } of await world.nodes()) {
    const host = (launcher ?? '').split('.')[0] ?? '';
    counts[host] = (counts[host] ?? 0) + 1;
  }
  return counts;
}

async function launchers(world: World, count: number, config = aConfig()): Promise<RunningTestLauncher[]> {
  const started: RunningTestLauncher[] = [];
  for (let host = 1; host <= count; host += 1) {
    started.push(await world.launcher(config, { host: `launcher-${host}` }));
  }
  await settle(20);
  return started;
}

describe('several launchers', () => {
  it('contend for no request and for no node: one event wakes one of them', async () => {
    await using world = new World();
    await launchers(world, 4);
    const { contenders } = await watchLocks(world);

    const ids = await Promise.all(Array.from({ length: 40 }, () => world.request()));
    await settle(40);
    const states = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
    for (const id of ids) for (const held of await world.take(id)) await held.updateAndRelease({ state: 'used' });
    await world.clock.advance(300);
    const clients = ids.length;

    expect(new Set(states)).toEqual(new Set(['fulfilled']));
    expect(await world.nodes()).toEqual([]);
    // Each request was locked once, each node by who launched it, by the client, and by who deleted it.
    expect(contenders).toHaveLength(ids.length + 2 * ids.length + clients);
  });

  it('get equal shares of a burst', async () => {
    await using world = new World();
    await launchers(world, 2);
    await Promise.all(Array.from({ length: 200 }, () => world.request()));
    await settle(60);

    const counts = Object.values(await shares(world));

    expect(counts.reduce((sum, share) => sum + share, 0)).toBe(200);
    for (const share of counts) expect(Math.abs(share - 100)).toBeLessThanOrEqual(20);
  });

  it('of which one has room leave nothing to one that waits for room', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 1 })] })] }));
    await world.launcher(aConfig({ providers: [aProvider({ name: 'cloud-b' })] }), { host: 'launcher-2' });

    const ids = await Promise.all(Array.from({ length: 20 }, () => world.request()));
    await world.clock.advance(1_000);
    const states = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));

    expect(states.filter((state) => state === 'fulfilled').length).toBeGreaterThanOrEqual(19);
  });

  it('take what another does not take in its turn', async () => {
    await using world = new World();
    const [first] = await launchers(world, 2);
    // It looks alive to everybody else and does nothing, as a process that was stopped.
    const open = world.cloud.hold('launch');
    first?.zk.suspend();
    open();

    const ids = await Promise.all(Array.from({ length: 10 }, () => world.request()));
    await settle(20);
    const atOnce = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
    await world.clock.advance(2_000);
    const later = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
    first?.zk.resume();

    expect(new Set(atOnce)).toEqual(new Set(['fulfilled', 'requested']));
    expect(new Set(later)).toEqual(new Set(['fulfilled']));
  });

  it('serve the requests of a launcher that stops at once', async () => {
    await using world = new World();
    const [first, second] = await launchers(world, 2, aConfig({ providers: [aProvider({ 'max-concurrency': 1 })] }));
    const open = world.cloud.hold('checkLaunch');
    const ids = await Promise.all(Array.from({ length: 6 }, () => world.request()));
    await settle(20);

    const stopped = first?.stop({ graceful: true });
    open();
    await world.clock.advance(1_000);
    await stopped;
    const states = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));

    expect(second?.state().pools).toHaveLength(1);
    expect(states).toEqual(ids.map(() => 'fulfilled'));
  });

  it('do not give two requests the same idle node', async () => {
    await using world = new World();
    await launchers(world, 2, aConfig({ labels: [{ name: 'small', minReady: 40 }, { name: 'large' }] }));
    await world.clock.advance(1_000);
    const idle = (await world.nodes()).filter(({ state, allocatedTo }) => state === 'ready' && allocatedTo === null);
    const { contenders } = await watchLocks(world);

    const ids = await Promise.all(Array.from({ length: 10 }, () => world.request()));
    await settle(20);
    const nodes = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.nodes[0]));
    const locked = contenders.filter((path) => idle.some(({ id }) => path.startsWith(`/nodepool/nodes/${id}/`)));

    expect(idle).toHaveLength(40);
    expect(new Set(nodes).size).toBe(10);
    expect(locked).toHaveLength(10);
  });
});

describe('beside a launcher that takes no turns', () => {
  it('everything is taken at once', async () => {
    await using world = new World();
    await world.launcher();
    for (const number of [1, 2, 3]) {
      await world.store.components.register({
        kind: 'pool',
        hostname: `old-${number}`,
        state: 'running',
        version: '10.0.0',
        modelApi: 0,
        id: `old-${number}.example.com-PoolWorker.cloud-a-main-${'0'.repeat(32)}`,
        name: 'main',
        providerName: 'cloud-a',
        supportedLabels: ['small'],
        priority: 100,
        paused: false,
      });
    }
    await settle();

    const ids = await Promise.all(Array.from({ length: 20 }, () => world.request()));
    await settle(20);

    for (const id of ids) expect((await world.requestNow(id))?.state).toBe('fulfilled');
  });
});
