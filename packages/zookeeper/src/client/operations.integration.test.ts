import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../connect.js';
import { startZooKeeper, type TestServer } from '../testing/index.js';
import type { ZooKeeperClient } from './client.js';

const noData = Buffer.alloc(0);

let server: TestServer;
let zk: ZooKeeperClient;

beforeAll(async () => {
  server = await startZooKeeper({ maxFrameBytes: 8 * 1024 * 1024, heapMiB: 256 });
  zk = connect({ servers: server.connectString });
});

afterAll(async () => {
  await zk.close();
  await server.stop();
});

describe('operations that only the network client has', () => {
  it('carries payloads of 4 MB', async () => {
    const data = Buffer.alloc(4 * 1024 * 1024, 'payload ');
    await zk.create('/large', data);

    const [first, second, third] = await Promise.all([zk.get('/large'), zk.get('/large'), zk.exists('/large')]);

    expect(first.data.equals(data)).toBe(true);
    expect(second.data.equals(data)).toBe(true);
    expect(third?.dataLength).toBe(data.length);
  });

  it('recovers from a payload that the server refuses', async () => {
    await expect(zk.create('/too-large', Buffer.alloc(9 * 1024 * 1024))).rejects.toMatchObject({
      code: 'ZK_CONNECTION_LOSS',
    });

    expect(await zk.exists('/too-large')).toBeUndefined();
  });

  it('keeps others out by an access control list', async () => {
    const owner = connect({ servers: server.connectString, auth: [{ scheme: 'digest', auth: 'user:secret' }] });
    const acl = [{ permissions: 31, scheme: 'auth', id: '' }];
    await owner.create('/private', noData, { acl });

    await expect(zk.get('/private')).rejects.toMatchObject({ code: 'ZK_NO_AUTH', path: '/private' });
    await zk.addAuth({ scheme: 'digest', auth: 'user:secret' });
    const { acl: stored, stat } = await zk.getAcl('/private');
    const opened = await zk.setAcl('/private', [{ permissions: 1, scheme: 'world', id: 'anyone' }], stat.aversion);

    expect(stored).toEqual([{ permissions: 31, scheme: 'digest', id: expect.stringMatching(/^user:/) }]);
    expect(opened.aversion).toBe(stat.aversion + 1);
    await owner.close();
  });

  it('has its credentials again after a reconnect', async () => {
    const owner = connect({ servers: server.connectString });
    await owner.addAuth({ scheme: 'digest', auth: 'second:secret' });
    await owner.create('/second', noData, { acl: [{ permissions: 31, scheme: 'auth', id: '' }] });
    const reconnected = new Promise<void>((resolve) => {
      owner.onState((state) => {
        if (state === 'connected') resolve();
      });
    });

    // The server cuts the connection of who sends too much.
    await owner.create('/too-large', Buffer.alloc(9 * 1024 * 1024)).catch(() => undefined);
    await reconnected;

    expect((await owner.get('/second')).data.length).toBe(0);
    await owner.close();
  });

  it('creates znodes with a time to live, and containers', async () => {
    const plain = await zk.createWithTtl('/brief', noData, 60_000);
    const sequential = await zk.createWithTtl('/brief-', noData, 60_000, { sequential: true });
    const container = await zk.create('/container', noData, { mode: 'container' });
    const child = await zk.create('/container/child', noData);

    expect(plain.path).toBe('/brief');
    expect(sequential.path).toMatch(/^\/brief-\d{10}$/);
    expect(child.stat.czxid).toBeGreaterThan(container.stat.czxid);
  });

  it('makes a chroot that is missing', async () => {
    const below = connect({ servers: `${server.connectString}/not/there` });
    await expect(below.create('/a', noData)).rejects.toMatchObject({ code: 'ZK_NO_NODE' });

    await below.ensurePath('/a/b');

    expect(await zk.exists('/not/there/a/b')).toBeDefined();
    await below.close();
  });

  it('knows the transaction of each create in a multi, however many write', async () => {
    const clients = Array.from({ length: 3 }, () => connect({ servers: server.connectString }));
    const made = await Promise.all(
      clients.flatMap((client, who) =>
        Array.from({ length: 100 }, (_, index) =>
          client.multi([{ op: 'create', path: `/multi-${who}-${index}`, data: Buffer.from('abc') }]),
        ),
      ),
    );

    for (const [result] of made) {
      if (result?.op !== 'create') throw new Error('a create has another result');
      const { ctimeMs, mtimeMs } = result.stat;
      const stored = await zk.exists(result.path);
      expect({ ...stored, ctimeMs, mtimeMs }).toEqual(result.stat);
    }
    await Promise.all(clients.map((client) => client.close()));
  });

  it('deletes large trees, and those that grow meanwhile', async () => {
    await zk.ensurePath('/tree/deep/deeper');
    await Promise.all(Array.from({ length: 500 }, (_, index) => zk.create(`/tree/deep/${index}`, noData)));
    const growing = Promise.allSettled(
      Array.from({ length: 200 }, (_, index) => zk.create(`/tree/deep/deeper/${index}`, noData)),
    );

    await zk.deleteRecursive('/tree');
    await growing;
    await zk.deleteRecursive('/tree');
    await zk.deleteRecursive('/tree');

    expect(await zk.exists('/tree')).toBeUndefined();
  });

  it('refuses two kinds of standing watch at one path, which the server cannot keep apart', async () => {
    const watch = await zk.addWatch('/', () => undefined);

    await expect(zk.addWatch('/', () => undefined, { recursive: false })).rejects.toMatchObject({
      code: 'ZK_BAD_ARGUMENTS',
    });

    await watch[Symbol.asyncDispose]();
    const other = await zk.addWatch('/', () => undefined, { recursive: false });
    await other[Symbol.asyncDispose]();
  });

  it('keeps a standing watch when a one-shot one is set at the same path', async () => {
    await zk.ensurePath('/both');
    const standing: string[] = [];
    const once: string[] = [];
    await using _watch = await zk.addWatch('/both', ({ type }) => void standing.push(type));
    await zk.get('/both', { watch: ({ type }) => void once.push(type) });

    await zk.set('/both', Buffer.from('1'));
    await zk.set('/both', Buffer.from('2'));

    expect(standing).toEqual(['data-changed', 'data-changed']);
    expect(once).toEqual(['data-changed']);
  });
});
