import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ZooKeeperClient } from '../../client/client.js';
import { connect } from '../../connect.js';
import { joinPath } from '../../paths.js';
import { startProxy, startZooKeeper, type TestServer } from '../../testing/index.js';
import type { ZooKeeper } from '../../types.js';
import { TreeCache } from './tree-cache.js';

let server: TestServer;
let other: ZooKeeperClient;

beforeAll(async () => {
  server = await startZooKeeper();
  other = connect({ servers: server.connectString });
});

afterAll(async () => {
  await other.close();
  await server.stop();
});

async function contents(zk: ZooKeeper, path: string): Promise<Record<string, string>> {
  const { data } = await zk.get(path);
  const { children } = await zk.children(path);
  const below = await Promise.all(children.map((name) => contents(zk, joinPath(path, name))));
  return Object.assign({ [path]: data.toString() }, ...below);
}

function cached(cache: TreeCache): Record<string, string> {
  return Object.fromEntries([...cache.entries].map(([path, { data }]) => [path, data.toString()]));
}

/** Resolves when the cache holds exactly `expected`; the test's time limit is its own. */
function holds(cache: TreeCache, changed: EventTarget, expected: Record<string, string>): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (cache.entries.size !== Object.keys(expected).length || !isDeepStrictEqual(cached(cache), expected)) return;
      changed.removeEventListener('change', check);
      resolve();
    };
    changed.addEventListener('change', check);
    check();
  });
}

describe('TreeCache on a server', () => {
  it('agrees with the server after many own and foreign writes and several cuts', async () => {
    const root = '/tree';
    await other.create(root, Buffer.from('root'));
    await Promise.all(Array.from({ length: 300 }, (_, index) => other.create(`${root}/${index}`, Buffer.from('old'))));
    await using proxy = await startProxy(server.port);
    const zk = connect({ servers: proxy.connectString });
    const changed = new EventTarget();
    const cache = new TreeCache(zk, { root, onChange: () => void changed.dispatchEvent(new Event('change')) });
    await cache.ready();
    const walked = cache.entries.size;

    for (let round = 0; round < 5; round += 1) {
      const foreign = Array.from({ length: 300 }, async (_, index) => {
        if (index % 7 === round) await other.delete(`${root}/${index}`).catch(() => undefined);
        else if (index % 7 === round + 1)
          await other.create(`${root}/${index}/child-${round}`, Buffer.from('c')).catch(() => undefined);
        else await other.set(`${root}/${index}`, Buffer.from(`foreign ${round}`)).catch(() => undefined);
      });
      const own = Array.from({ length: 300 }, async (_, index) => {
        const path = `${root}/${index}`;
        const data = Buffer.from(`own ${round}`);
        const stat = await cache.own([path], () => zk.set(path, data)).catch(() => undefined);
        if (stat !== undefined) cache.applySet(path, data, stat);
      });
      if (round % 2 === 1) proxy.cut();
      await Promise.all([...foreign, ...own]);
    }
    await zk.connected();
    await cache.ready();
    await zk.sync('/');

    await holds(cache, changed, await contents(other, root));
    expect(walked).toBe(301);
    await cache[Symbol.asyncDispose]();
    await zk.close();
  });

  it('gets one event for each of its own writes, before the answer', async () => {
    const root = '/own';
    await other.create(root, Buffer.alloc(0));
    const zk = connect({ servers: server.connectString });
    let gets = 0;
    const counting = new Proxy(zk, {
      get: (target, property) => {
        if (property === 'get') gets += 1;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const cache = new TreeCache(counting, { root });
    await cache.ready();
    const before = gets;

    const created = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const data = Buffer.from('new');
        const { path, stat } = await cache.own([{ sequential: `${root}/n-` }], () =>
          zk.create(`${root}/n-`, data, { mode: 'persistent-sequential' }),
        );
        cache.applyCreate(path, data, stat);
        return path;
      }),
    );
    await Promise.all(
      created.map(async (path) => {
        const data = Buffer.from('changed');
        cache.applySet(path, data, await cache.own([path], () => zk.set(path, data)));
      }),
    );
    const atOnce = new Set(created.map((path) => cache.entries.get(path)?.data.toString()));
    await zk.sync('/');

    expect(atOnce).toEqual(new Set(['changed']));
    expect(gets - before).toBe(0);
    await cache[Symbol.asyncDispose]();
    await zk.close();
  });
});
