import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './store.js';
import { lockedNode, newNode, openRequest, readyNode, until } from './testing/index.js';
import type { Store } from './types.js';

const program = fileURLToPath(new URL('../testdata/kazoo_client.py', import.meta.url));
const sessionTimeoutSec = 2;

/** A Python process that does with kazoo what Zuul does. */
class Kazoo {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;

  constructor(servers: string) {
    this.#process = spawn('/usr/bin/python3', [program, servers, String(sessionTimeoutSec)]);
    this.#process.stderr.pipe(process.stderr);
    this.#answers = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  async run(command: string, args: object): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify({ command, ...args })}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the Python process ended during ${command}`);
    return JSON.parse(value).result;
  }

  lock(path: string, timeout?: number): Promise<unknown> {
    return this.run('lock', timeout === undefined ? { path } : { path, timeout });
  }

  async stop(signal?: 'SIGKILL'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    if (signal === undefined) this.#process.stdin.end();
    else this.#process.kill(signal);
    await exit;
  }
}

describe('beside a Python process on the same tree', () => {
  let server: Awaited<ReturnType<typeof startZooKeeper>>;
  let root: ZooKeeper;
  let zk: ZooKeeper;
  let store: Store;
  let kazoo: Kazoo;
  let trees = 0;

  beforeAll(async () => {
    server = await startZooKeeper();
    root = connect({ servers: server.connectString });
  });

  afterAll(async () => {
    await root.close();
    await server.stop();
  });

  beforeEach(async () => {
    trees += 1;
    await root.ensurePath(`/tree${trees}`);
    const servers = `${server.connectString}/tree${trees}`;
    zk = connect({ servers });
    store = openStore({
      zk,
      clock: systemClock,
      random: systemRandom,
      log: silentLogger,
      identifier: 'launcher.example.com',
    });
    kazoo = new Kazoo(servers);
  });

  afterEach(async () => {
    await kazoo.stop();
    await zk.close();
  });

  it('a request of Zuul is served and its nodes are used, with everything both sides rely on', async () => {
    await using caches = await store.openCaches({ resourcesOf: () => ({}) });
    const requestor = { build_set_uuid: 'c4d8', weight: 1.0, big: 2 ** 60, name: 'zażółć ☃' };
    const path = await kazoo.run('create', {
      path: '/nodepool/requests/100-',
      sequence: true,
      data: { state: 'requested', state_time: 1.5, node_types: ['small'], requestor_data: requestor, zuul_only: [1] },
    });
    const id = String(path).slice('/nodepool/requests/'.length);
    await until(() => caches.requests.get(id) !== undefined, caches.requests.onChange.bind(caches.requests));
    const seen = caches.requests.get(id);
    const request = seen && (await store.requests.accept(seen));
    if (request === undefined) throw new Error('not accepted');
    const lockedWhilePending = await kazoo.lock(`/nodepool/requests-lock/${id}`);
    const node = await store.nodes.create(newNode({ allocatedTo: id }));
    const nodeAt = `/nodepool/nodes/${node.id}`;
    const lockedWhileBuilding = await kazoo.lock(`${nodeAt}/lock`);

    await store.requests.fulfil(request, [node], { node, change: { state: 'ready', connectionPort: 2222 } });

    expect([lockedWhilePending, lockedWhileBuilding]).toEqual([false, false]);
    expect(await kazoo.run('get', { path })).toMatchObject({
      state: 'fulfilled',
      nodes: [node.id],
      requestor_data: requestor,
      zuul_only: [1],
    });
    expect(await kazoo.run('get', { path: nodeAt })).toMatchObject({
      state: 'ready',
      allocated_to: id,
      connection_port: 2222,
      ssh_port: 2222,
      type: ['small'],
    });

    expect(await kazoo.lock(`${nodeAt}/lock`, 30)).toBe(true);
    await kazoo.run('change', { path: nodeAt, fields: { state: 'in-use', user_data: { zuul_system: 'x' } } });
    await kazoo.run('delete', { path });
    await until(() => caches.nodes.get(node.id)?.locked === true, caches.nodes.onChange.bind(caches.nodes));
    expect(await store.nodes.lock(node.id)).toBeUndefined();
    expect((await store.nodes.list()).nodes).toMatchObject([{ locked: true, record: { state: 'in-use' } }]);
    await kazoo.run('change', { path: nodeAt, fields: { state: 'used' } });
    await kazoo.run('unlock', { path: `${nodeAt}/lock` });
    await until(() => [...caches.nodes.deletable()].length === 1, caches.nodes.onChange.bind(caches.nodes));
    const used = await lockedNode(store, node.id);
    await used.update({ state: 'deleting' });
    expect(used.node.userData).toEqual({ zuul_system: 'x' });
    await used.remove();

    expect(await kazoo.run('get', { path: nodeAt })).toBeNull();
    expect(caches.nodes.size).toBe(0);
  });

  it('keeps the text of numbers that JavaScript has no room for', async () => {
    const { record } = await openRequest(store);
    const path = `/nodepool/requests/${record.id}`;
    const data = '{"state": "requested", "requestor_data": {"big": 12345678901234567890, "float": 1.0}}';
    await zk.set(path, Buffer.from(data));

    await (await store.requests.lock(record.id))?.updateAndRelease({ state: 'failed' });

    const text = (await zk.get(path)).data.toString();
    expect(text).toContain('"requestor_data":{"big":12345678901234567890,"float":1.0}');
    expect(await kazoo.run('get', { path })).toMatchObject({ state: 'failed' });
  });

  it('locks are handed over in both directions, in the order of asking', async () => {
    const id = await readyNode(store);
    const directory = `/nodepool/nodes/${id}/lock`;
    const ours = await lockedNode(store, id);
    await using caches = await store.openCaches({ resourcesOf: () => ({}) });
    const waiting = kazoo.lock(directory, 30);
    await contended(directory, 2);

    await ours.updateAndRelease({ comment: 'first' });
    const theirs = await waiting;
    const next = store.nodes.lock(id, { waitMs: 30_000 });
    await contended(directory, 2);
    await kazoo.run('change', { path: `/nodepool/nodes/${id}`, fields: { comment: 'second' } });
    const lockedByThem = caches.nodes.get(id)?.locked;
    const who = await kazoo.run('contenders', { path: directory });
    await kazoo.run('unlock', { path: directory });

    expect(theirs).toBe(true);
    expect((await next)?.node.comment).toBe('second');
    expect(lockedByThem).toBe(true);
    expect(who).toEqual(['zuul.example.com', 'launcher.example.com']);
  });

  it('a request whose priority Zuul revises is left alone until it is done', async () => {
    const seen = await openRequest(store);
    const path = `/nodepool/requests/${seen.record.id}`;
    await kazoo.lock(`/nodepool/requests-lock/${seen.record.id}`);

    const whileLocked = await store.requests.accept(seen);
    await kazoo.run('change', { path, fields: { relative_priority: 4 } });
    await kazoo.run('unlock', { path: `/nodepool/requests-lock/${seen.record.id}` });
    const withOldVersion = await store.requests.accept(seen);
    const current = await store.requests.get(seen.record.id);
    const accepted = current && (await store.requests.accept(current));

    expect([whileLocked, withOldVersion]).toEqual([undefined, undefined]);
    expect(accepted?.request).toMatchObject({ state: 'pending', relativePriority: 4 });
  });

  it('a node comes free when its user is killed', async () => {
    const id = await readyNode(store);
    await kazoo.lock(`/nodepool/nodes/${id}/lock`);
    const waiting = store.nodes.lock(id, { waitMs: 30_000 });

    await kazoo.stop('SIGKILL');

    expect((await waiting)?.node.state).toBe('ready');
  });

  async function contended(directory: string, count: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      zk.children(directory, { watch: look }).then(({ children }) => {
        if (children.length >= count) resolve();
      }, reject);
    };
    look();
    await promise;
  }
});
