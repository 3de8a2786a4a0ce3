import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, TreeCache, tryLock, type ZooKeeperClient } from './index.js';
import { systemRandom } from './random.js';
import { startEnsemble, type TestEnsemble } from './testing/index.js';

const noData = Buffer.alloc(0);

let ensemble: TestEnsemble;
let zk: ZooKeeperClient;

beforeAll(async () => {
  ensemble = await startEnsemble(3);
  zk = connect({ servers: ensemble.connectString, sessionTimeoutMs: 30_000 });
});

afterAll(async () => {
  await zk.close();
  await ensemble.stop();
});

describe('an ensemble whose leader is killed', () => {
  it('loses no write that was acknowledged, no lock and no session', async () => {
    await zk.create('/writes', noData);
    const { promise: seenLast, resolve } = Promise.withResolvers<void>();
    await using cache = new TreeCache(zk, {
      root: '/writes',
      onChange: (path) => {
        if (path === '/writes/last') resolve();
      },
    });
    await cache.ready();
    const held = await tryLock(zk, '/lock', { random: systemRandom, ensure: 'parents' });
    const before = zk.sessionId;
    const acknowledged: string[] = [];
    const failures = new Set<string>();
    const states: string[] = [];
    zk.onState((state) => void states.push(state));
    let writing = true;
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let index = 0; writing; index += 1) {
        try {
          const { path } = await zk.create(`/writes/${writer}-${index}`, noData);
          acknowledged.push(path);
        } catch (error) {
          failures.add((error as { code: string }).code);
        }
      }
    });

    const leader = await ensemble.leader();
    await leader.kill();
    const next = await ensemble.leader();
    await zk.connected();
    const count = acknowledged.length;
    while (acknowledged.length < count + 100) await zk.sync('/').catch(() => undefined);
    writing = false;
    await Promise.all(writers);
    await zk.create('/writes/last', noData);
    // Its read is answered after those of all that was created before.
    await seenLast;

    const { children } = await zk.children('/writes');
    const there = new Set(children.map((name) => `/writes/${name}`));
    expect(acknowledged.filter((path) => !there.has(path))).toEqual([]);
    expect([...failures].filter((code) => code !== 'ZK_CONNECTION_LOSS')).toEqual([]);
    expect(next).not.toBe(leader);
    expect(states.slice(0, 2)).toEqual(['suspended', 'connected']);
    expect(zk.sessionId).toBe(before);
    expect([held?.held, await held?.verify()]).toEqual([true, true]);
    expect(acknowledged.filter((path) => !cache.entries.has(path))).toEqual([]);
    await leader.start();
  });

  it('shows a client on a follower what another client wrote, after a sync', async () => {
    const followers = ensemble.servers.map((server) => connect({ servers: server.connectString }));
    await Promise.all(followers.map((client) => client.connected()));
    await zk.create('/seen', Buffer.from('0'));

    for (let round = 1; round <= 20; round += 1) {
      await zk.set('/seen', Buffer.from(String(round)));
      const reads = await Promise.all(
        followers.map(async (client) => {
          void client.sync('/seen');
          return (await client.get('/seen')).data.toString();
        }),
      );
      expect(reads).toEqual(followers.map(() => String(round)));
    }
    await Promise.all(followers.map((client) => client.close()));
  });

  it('tells of creates in a multi on a follower what it then shows', async () => {
    const clients = ensemble.servers.map((server) => connect({ servers: server.connectString }));

    const results = await Promise.all(
      clients.flatMap((client, who) =>
        Array.from({ length: 50 }, async (_, index) => {
          const [result] = await client.multi([{ op: 'create', path: `/m-${who}-${index}`, data: noData }]);
          return { result, stored: await client.exists(`/m-${who}-${index}`) };
        }),
      ),
    );

    const told = results.map(({ result }) => (result?.op === 'create' ? result.stat.czxid : undefined));
    expect(told).toEqual(results.map(({ stored }) => stored?.czxid));
    await Promise.all(clients.map((client) => client.close()));
  });
});
