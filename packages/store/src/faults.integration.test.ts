import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapBounded } from './records.js';
import { openStore } from './store.js';
import { newNode, newRequest, until } from './testing/index.js';
import type { Store } from './types.js';

/** Long enough for a server to come back under a session. */
const sessionTimeoutMs = 60_000;

describe('a server that is killed and comes back', () => {
  let server: Awaited<ReturnType<typeof startZooKeeper>>;
  let zk: ZooKeeper;
  let store: Store;

  beforeAll(async () => {
    // What is not on the disk before the answer may be undone by the kill, which no client could notice.
    server = await startZooKeeper({ forceSync: true });
    zk = connect({ servers: server.connectString, sessionTimeoutMs, connectTimeoutMs: 2_000 });
    store = openStore({
      zk,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      identifier: 'store-test',
    });
  });

  afterAll(async () => {
    await zk.close();
    await server.stop();
  });

  async function killedWhile<T>(work: Promise<T>, times: number, afterMs: number): Promise<T> {
    for (let kill = 0; kill < times; kill += 1) {
      await systemClock.sleep(afterMs);
      await server.kill();
      await server.start();
      await store.session.connected();
    }
    return work;
  }

  it('sees every write under a lock exactly once', async () => {
    const held = await store.nodes.create(newNode());
    const stop = new AbortController();
    const write = async (): Promise<number> => {
      let count = 0;
      while (!stop.signal.aborted) {
        count += 1;
        await held.update({ comment: String(count) });
      }
      return count;
    };
    const writing = write();

    await killedWhile(Promise.resolve(), 3, 150);
    stop.abort();
    const count = await writing;

    const read = await store.nodes.get(held.id);
    // Created with version 0, building with version 1.
    expect(read).toMatchObject({ version: count + 1, record: { comment: String(count) } });
    expect(held.signal.aborted).toBe(false);
    await held.remove();
  });

  it('leaves every request fulfilled once, every node unlocked and in one request', async () => {
    await using caches = await store.openCaches({ resourcesOf: () => ({ instances: 1 }) });
    const serve = async (): Promise<string> => {
      const seen = await store.requests.create(newRequest({ eventId: systemRandom.hexId() }), {
        priority: '100',
        ephemeral: false,
      });
      const request = await store.requests.accept(seen);
      if (request === undefined) throw new Error(`${seen.record.id} was not accepted`);
      const node = await store.nodes.create(newNode({ allocatedTo: request.id }));
      const done = await store.requests.fulfil(request, [node], { node, change: { state: 'ready' } });
      if (!done) throw new Error(`${request.id} was not fulfilled`);
      return request.id;
    };
    const work = mapBounded(Array.from({ length: 1_500 }), serve, 32);

    const ids = await killedWhile(work, 2, 250);

    const { requests } = await store.requests.list();
    const { nodes } = await store.nodes.list();
    const given = requests.flatMap(({ record }) => record.nodes);
    expect(new Set(ids).size).toBe(1_500);
    expect(requests).toHaveLength(1_500);
    expect(requests.every(({ record }) => record.state === 'fulfilled' && record.nodes.length === 1)).toBe(true);
    expect(new Set(given).size).toBe(1_500);
    expect(nodes.filter(({ locked }) => locked)).toEqual([]);
    expect(nodes.map(({ record }) => record.id).sort()).toEqual([...given].sort());
    expect(nodes.every(({ record }) => record.state === 'ready')).toBe(true);
    // The walk after the last reconnect may still be on its way.
    await until(() => caches.nodes.size === 1_500, caches.nodes.onChange.bind(caches.nodes));
    await until(
      () => [...caches.requests.byState('fulfilled')].length === 1_500,
      caches.requests.onChange.bind(caches.requests),
    );
  });
});
