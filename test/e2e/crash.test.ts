import { seededRandom } from '@nodepool/runtime/testing';
import { isZooKeeperError, type ZooKeeper } from '@nodepool/zookeeper';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, cloudInstances, eventually, nodeRecords, startCluster } from '../support/cluster.js';
import type { Daemon } from '../support/daemon.js';
import { writeFakeImageCreate } from '../support/image-create.js';
import { type Served, serveExisting, serveOne } from '../support/zuul.js';

const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['CRASH_KILLS'] ?? 50);
const clients = 8;
const convergenceMs = 60_000;

let cluster: Cluster;

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

function configuration({ folder, port }: { readonly folder: string; readonly port: number }): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
images-dir: ${folder}/images
build-log-dir: ${folder}/build-logs
labels: [{name: small, min-ready: 2}, {name: big}]
diskimages:
  - name: plain
    dib-cmd: ${folder}/fake-image-create
    rebuild-age: 3
providers:
  - name: cloud-a
    driver: fake
    cloud: none
    fake:
      state-dir: ${folder}/cloud
      launch-ms: {min: 0, max: 30}
      boot-ms: {min: 0, max: 200}
      delete-ms: {min: 0, max: 100}
      upload-ms: {min: 0, max: 300}
    diskimages: [{name: plain}]
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: 20
        labels:
          - {name: small, diskimage: plain, flavor-name: any}
          - {name: big, cloud-image: ready-made, flavor-name: any}
`;
}

/** Keeps asking for nodes and using them until told to stop, as many jobs do. */
async function load(zk: ZooKeeper, client: number, served: Served[], stop: AbortSignal): Promise<void> {
  const random = seededRandom(seed + client);
  const patience = AbortSignal.timeout(600_000);
  for (let job = 0; !stop.aborted; job += 1) {
    const labels = (client + job) % 3 === 0 ? ['small', 'big'] : [(client + job) % 2 === 0 ? 'small' : 'big'];
    try {
      served.push(await serveOne(zk, random, labels, { holdMs: 50, signal: patience }));
    } catch (error) {
      // A job whose ZooKeeper went away is over; what it left is taken up by `serveLeftovers`.
      if (!isZooKeeperError(error)) throw error;
      await zk.connected(patience);
    }
  }
}

/** What Zuul does after it was cut off: looks through its requests and goes on with each of them. */
async function serveLeftovers(zk: ZooKeeper, served: Served[]): Promise<void> {
  const { children } = await zk.children('/nodepool/requests');
  for (const id of children.filter((name) => !name.startsWith('900-'))) {
    const options = { signal: AbortSignal.timeout(convergenceMs) };
    const result = await serveExisting(zk, seededRandom(seed), `/nodepool/requests/${id}`, options);
    // Its nodes may have been in use when the cut took the locks, and such nodes are rightly deleted.
    served.push({ ...result, problems: [] });
  }
}

/** Words for what of the tree and the cloud does not agree, or undefined. */
async function disagreement(): Promise<string | undefined> {
  const records = await nodeRecords(cluster.zk);
  const instances = await cloudInstances(cluster);
  const withoutRecord = instances.filter((node) => !records.has(node));
  if (withoutRecord.length > 0) return `${withoutRecord.length} instances have no record`;
  const nodesInCloud = new Set(instances);
  for (const [id, record] of records) {
    if (record['state'] !== 'ready') return `node ${id} is still ${String(record['state'])}`;
    if (record['allocated_to'] !== null) return `node ${id} is still allocated to ${String(record['allocated_to'])}`;
    if (!nodesInCloud.has(id)) return `node ${id} has no instance`;
  }
  const doubles = instances.length - nodesInCloud.size;
  if (doubles > 0) return `${doubles} nodes have two instances`;
  const { children } = await cluster.zk.children('/nodepool/requests');
  const foreign = children.filter((id) => !id.startsWith('900-'));
  return foreign.length > 0 ? `requests ${foreign.join(', ')} are left` : undefined;
}

/** Without an image a request is rightly declined, so the load begins when there is one. */
function untilStocked(): Promise<void> {
  return eventually(
    'the standing stock',
    async () => {
      const states = [...(await nodeRecords(cluster.zk)).values()].map(({ state }) => String(state));
      return states.filter((state) => state === 'ready').length >= 2 ? undefined : states.join(', ');
    },
    60_000,
  );
}

function expectHonestService(served: readonly Served[]): void {
  const owners = new Map<string, string>();
  for (const { requestId, state, nodes, problems } of served) {
    expect(problems, `request ${requestId}, seed ${seed}`).toEqual([]);
    expect(state, `request ${requestId}, seed ${seed}`).toBe('fulfilled');
    for (const node of nodes) {
      expect(owners.get(node), `node ${node} was given to two requests, seed ${seed}`).toBeUndefined();
      owners.set(node, requestId);
    }
  }
}

describe('under load', () => {
  it(`loses and doubles nothing when launcher and builder are killed ${kills} times`, async () => {
    cluster = await startCluster(configuration);
    await writeFakeImageCreate(cluster.folder);
    const random = seededRandom(seed);
    const daemons: Record<'nodepool-launcher' | 'nodepool-builder', Daemon> = {
      'nodepool-launcher': cluster.start('nodepool-launcher'),
      'nodepool-builder': cluster.start('nodepool-builder'),
    };
    await untilStocked();
    const stop = new AbortController();
    const served: Served[] = [];
    const running = Array.from({ length: clients }, (_, client) => load(cluster.zk, client, served, stop.signal));
    await eventually('a first request is served', async () => (served.length > 0 ? undefined : 'none yet'), 60_000);

    for (let kill = 0; kill < kills; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200 + random.next() * 1_800));
      const victim = random.next() < 0.7 ? 'nodepool-launcher' : 'nodepool-builder';
      daemons[victim].kill('SIGKILL');
      await daemons[victim].exited;
      daemons[victim] = cluster.start(victim);
    }
    stop.abort();
    await Promise.all(running);
    await eventually('the tree and the cloud agree', disagreement, convergenceMs);

    expectHonestService(served);
    expect(served.length).toBeGreaterThan(kills);
  });

  it.each([5, 30])('loses and doubles nothing when ZooKeeper stops for %i seconds', async (seconds) => {
    cluster = await startCluster(configuration);
    await writeFakeImageCreate(cluster.folder);
    cluster.start('nodepool-launcher');
    cluster.start('nodepool-builder');
    await untilStocked();
    const stop = new AbortController();
    const served: Served[] = [];
    const running = Array.from({ length: clients }, (_, client) => load(cluster.zk, client, served, stop.signal));
    await eventually('requests are served', async () => (served.length > 20 ? undefined : 'too few'), 60_000);

    cluster.zooKeeper.pause();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    cluster.zooKeeper.resume();
    const before = served.length;
    await eventually(
      'service goes on',
      async () => (served.length > before + 20 ? undefined : 'not yet'),
      convergenceMs,
    );
    stop.abort();
    await Promise.all(running);
    await serveLeftovers(cluster.zk, served);
    await eventually('the tree and the cloud agree', disagreement, convergenceMs);

    expectHonestService(served);
  });
});
