import { readFile, writeFile } from 'node:fs/promises';
import { seededRandom } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, cloudInstances, eventually, nodeRecords, startCluster } from '../support/cluster.js';
import { serveOne } from '../support/zuul.js';

let cluster: Cluster;

function configuration({ folder, port }: { readonly folder: string; readonly port: number }): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
labels: [{name: small, min-ready: 1}]
providers:
  - name: cloud-a
    driver: fake
    cloud: none
    fake: {state-dir: ${folder}/cloud}
    cloud-images: [{name: ready-made}]
    pools:
      - name: main
        max-servers: 5
        labels: [{name: small, cloud-image: ready-made, flavor-name: any}]
`;
}

beforeEach(async () => {
  cluster = await startCluster(configuration);
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

const serve = (labels: readonly string[]) =>
  serveOne(cluster.zk, seededRandom(1), labels, { signal: AbortSignal.timeout(30_000) });

/** Ready nodes of our provider that are nobody's: the standing stock, once it is settled. */
async function readyNodes(): Promise<readonly string[]> {
  const records = await nodeRecords(cluster.zk);
  return [...records]
    .filter(([, node]) => node['state'] === 'ready' && node['provider'] === 'cloud-a' && node['allocated_to'] === null)
    .map(([id]) => id);
}

const untilReady = (count: number): Promise<void> =>
  eventually(
    `${count} ready nodes`,
    async () => {
      const ready = await readyNodes();
      return ready.length === count ? undefined : `${ready.length} are`;
    },
    30_000,
  );

describe('a launcher', () => {
  it('serves requests beside znodes that hold no record, and leaves those as they are', async () => {
    const garbage = new Map([
      ['/nodepool/nodes/0000000900', Buffer.from('{"state": "ready", "type": ["sm')],
      ['/nodepool/nodes/0000000901', Buffer.from('{"state": "levitating", "provider": "cloud-a", "type": ["small"]}')],
      ['/nodepool/nodes/0000000902', Buffer.from([0xff, 0xfe, 0x00, 0x80])],
      ['/nodepool/nodes/0000000903', Buffer.alloc(900_000, 'x')],
      ['/nodepool/requests/100-0000000900', Buffer.from('[]')],
      ['/nodepool/requests/100-0000000901', Buffer.alloc(0)],
      ['/nodepool/requests/not-a-request', Buffer.from('null')],
    ]);
    for (const [path, data] of garbage) await cluster.zk.create(path, data);
    cluster.start('nodepool-launcher');

    const served = await serve(['small', 'small']);
    await untilReady(1);

    expect(served).toMatchObject({ state: 'fulfilled', problems: [] });
    for (const [path, data] of garbage) {
      const found = await cluster.zk.get(path);
      expect([path, found.stat.version, found.data.equals(data)]).toEqual([path, 0, true]);
    }
  });

  it('keeps its last good configuration when the file turns bad, says where, and takes the next good one', async () => {
    cluster.start('nodepool-launcher');
    await untilReady(1);
    const good = await readFile(cluster.configFile, 'utf8');

    await writeFile(cluster.configFile, good.replace('min-ready: 1', 'min-ready: one'));
    await eventually(
      'the complaint',
      async () => {
        const log = await cluster.log('nodepool-launcher');
        return /nodepool\.yaml:4:\d+.*labels\[0\]\.min-ready/.test(log) ? undefined : log.slice(-500);
      },
      30_000,
    );
    const served = await serve(['small']);
    await writeFile(cluster.configFile, good.replace('min-ready: 1', 'min-ready: 3'));
    await untilReady(3);

    expect(served).toMatchObject({ state: 'fulfilled', problems: [] });
  });

  it('fails a request for a label that nobody has', async () => {
    cluster.start('nodepool-launcher');

    const served = await serve(['no-such-label']);

    expect(served).toMatchObject({ state: 'failed', nodes: [] });
  });

  it('stops on SIGINT with exit code 0, and the next one goes on with its nodes', async () => {
    const first = cluster.start('nodepool-launcher');
    await untilReady(1);
    const [before] = await readyNodes();

    const code = await first.stop();
    const pools = await cluster.zk.children('/nodepool/components/pool');
    cluster.start('nodepool-launcher');
    const served = await serve(['small']);

    expect(code).toBe(0);
    expect(pools.children).toEqual([]);
    expect(served.nodes).toEqual([before]);
  });

  it('deletes what is used and keeps as many ready as configured', async () => {
    cluster.start('nodepool-launcher');
    await untilReady(1);

    const served = await serve(['small', 'small', 'small']);
    await eventually(
      'only the standing stock is left',
      async () => {
        const instances = await cloudInstances(cluster);
        const used = instances.filter((id) => served.nodes.includes(id));
        return used.length === 0 && instances.length === 1 ? undefined : instances.join(', ');
      },
      30_000,
    );

    expect(served).toMatchObject({ state: 'fulfilled', problems: [] });
  });
});
