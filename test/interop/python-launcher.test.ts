import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, cloudInstances, eventually, startCluster } from '../support/cluster.js';
import type { Daemon } from '../support/daemon.js';
import { type Outcome, PythonLauncher, type PythonLauncherOptions, Zuul } from './programs.js';

const seed = Number(process.env['INTEROP_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const labels = ['small', 'large'];

let cluster: Cluster;
let zuul: Zuul;
let ours: Daemon;

function configuration({ folder, port }: { readonly folder: string; readonly port: number }): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
labels: [{name: small, min-ready: 2}, {name: large}, {name: slow}]
providers:
  - name: cloud-a
    driver: fake
    cloud: none
    fake: {state-dir: ${folder}/cloud, boot-ms: 200}
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: 12
        labels:
          - {name: small, cloud-image: ready-made, flavor-name: any}
          - {name: large, cloud-image: ready-made, flavor-name: any}
          - {name: slow, cloud-image: ready-made, flavor-name: any}
`;
}

const python = (options: Partial<PythonLauncherOptions> = {}): Promise<PythonLauncher> =>
  PythonLauncher.start(cluster, {
    provider: 'cloud-b',
    pool: 'main',
    labels,
    max_servers: 12,
    boot_sec: 0.2,
    ...options,
  });

beforeEach(async () => {
  cluster = await startCluster(configuration);
  zuul = await Zuul.start(cluster);
});

afterEach(async () => {
  await zuul[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

async function startOurs(): Promise<void> {
  ours = cluster.start('nodepool-launcher');
  await untilPools('cloud-a');
}

function untilPools(...providers: readonly string[]): Promise<void> {
  return eventually(
    `the pools of ${providers.join(' and ')}`,
    async () => {
      const found = (await zuul.pools()).map(({ provider_name }) => provider_name);
      return providers.every((provider) => found.includes(provider)) ? undefined : found.join(', ');
    },
    20_000,
  );
}

/** Everything is ready and nobody's, every node has its one instance, and only requests for standing stock are left. */
function untilSettled({ small = 0 } = {}): Promise<void> {
  return eventually(
    'the tree is settled',
    async () => {
      const nodes = await zuul.allNodes();
      const requests = Object.keys(await zuul.allRequests()).filter((id) => !id.startsWith('900-'));
      const instances = [...(await cloudInstances(cluster))].sort();
      const busy = Object.entries(nodes).filter(
        ([, node]) => node['state'] !== 'ready' || node['allocated_to'] !== null,
      );
      const stock = Object.values(nodes).filter(({ type }) => String(type) === 'small').length;
      return busy.length + requests.length === 0 &&
        stock >= small &&
        instances.join() === Object.keys(nodes).sort().join()
        ? undefined
        : JSON.stringify({ busy, requests, instances, stock });
    },
    30_000,
  );
}

function expectOneOwnerEach(outcomes: readonly Outcome[]): void {
  expect(
    outcomes.flatMap(({ problems }) => problems),
    `seed ${seed}`,
  ).toEqual([]);
  const used = outcomes.filter(({ state }) => state === 'fulfilled').flatMap(({ nodes }) => nodes);
  expect(new Set(used).size, `nodes used by one job each, seed ${seed}`).toBe(used.length);
}

const load = { count: 40, threads: 8, labels, cancel_share: 0.2, seed };

describe('beside a Python launcher', () => {
  it.each([
    ['another provider', 'cloud-b', 'cloud-b'],
    ['the same provider and pool', 'cloud-a', undefined],
  ])(
    'of %s, every request is served once, by one of them, and all records are in order',
    async (_, provider, other) => {
      await using theirs = await python({ provider, min_ready: { large: 1 } });
      await startOurs();
      if (other !== undefined) await untilPools(other);

      const outcomes = await zuul.jobs(load);
      const wrong = await zuul.check();
      await untilSettled({ small: 2 });
      const counts = await theirs.counts();

      expectOneOwnerEach(outcomes);
      expect(wrong).toEqual([]);
      expect(counts.errors).toEqual([]);
      expect(new Set(outcomes.flatMap(({ launchers }) => launchers)).size, 'launchers that took part').toBe(2);
    },
  );

  it('a request fails when both have declined it, and not before', async () => {
    await using theirs = await python({ labels: ['small', 'large', 'theirs'], boot_sec: 0 });
    await startOurs();
    await untilPools('cloud-b');

    const nobodys = await zuul.submit(['nobodys']);
    const failed = await zuul.awaitRequest(nobodys, 'failed');
    const one = await zuul.submit(['theirs']);
    const nodes = await zuul.acceptWhenFulfilled(one);
    const served = await zuul.node(nodes[0] ?? '');
    await zuul.program.run('finish', { nodes });

    const ids = (await zuul.pools()).map(({ id }) => id).sort();
    expect([...(failed['declined_by'] as string[])].sort()).toEqual(ids);
    expect(served['provider']).toBe('cloud-b');
    expect((await theirs.counts()).errors).toEqual([]);
  });

  it('yields to it while its pool has the better priority', async () => {
    await using theirs = await python({ priority: 50, boot_sec: 0 });
    await untilPools('cloud-b');
    await startOurs();

    const providers: unknown[] = [];
    for (let job = 0; job < 5; job += 1) {
      const nodes = await zuul.acceptWhenFulfilled(await zuul.submit(['large']));
      providers.push((await zuul.node(nodes[0] ?? ''))['provider']);
      await zuul.program.run('finish', { nodes });
    }

    expect(providers).toEqual(Array(5).fill('cloud-b'));
    expect((await theirs.counts()).errors).toEqual([]);
  });
});

describe('when one of the two dies', () => {
  it('ours serves what the Python launcher had accepted, and deletes what that was building', async () => {
    const theirs = await python({ provider: 'cloud-a', labels: ['slow'], boot_sec: 600 });
    await untilPools('cloud-a');
    const request = await zuul.submit(['slow']);
    await zuul.awaitRequest(request, 'pending');
    await eventually('a node being built', notBuilding, 10_000);

    await theirs.program.kill();
    await startOurs();
    const nodes = await zuul.acceptWhenFulfilled(request);
    await zuul.program.run('finish', { nodes });

    await untilSettled();
  });

  it('the Python launcher serves what ours had accepted, and deletes what that was building', async () => {
    await cluster.configure(
      configuration({ folder: cluster.folder, port: cluster.zooKeeper.port }).replace('200', '600000'),
    );
    await startOurs();
    const request = await zuul.submit(['large']);
    await zuul.awaitRequest(request, 'pending');
    await eventually('a node being built', notBuilding, 10_000);

    ours.kill('SIGKILL');
    await using theirs = await python({ provider: 'cloud-a' });
    const nodes = await zuul.acceptWhenFulfilled(request);
    await zuul.program.run('finish', { nodes });
    await untilSettled();
    const counts = await theirs.counts();

    expect(counts).toMatchObject({ reset: 1, fulfilled: 1, errors: [] });
  });

  async function notBuilding(): Promise<string | undefined> {
    const states = Object.values(await zuul.allNodes()).map(({ state }) => state);
    return states.includes('building') ? undefined : `states: ${states.join(', ')}`;
  }
});
