import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isZooKeeperError, type ZooKeeperErrorCode } from '../../errors.js';
import type { MultiOp, WatchEvent, ZooKeeper } from '../../types.js';

/** A place where sessions can be opened: a server, or a tree in memory. */
export interface ZooKeeperUnderTest extends AsyncDisposable {
  connect(): Promise<ZooKeeper>;
}

const empty = Buffer.alloc(0);
const text = (value: string): Buffer => Buffer.from(value);

/** What the memory tree promises to share with a server: the same cases run against both. */
export function describeZooKeeper(name: string, open: () => Promise<ZooKeeperUnderTest>): void {
  describe(`ZooKeeper: ${name}`, () => {
    let place: ZooKeeperUnderTest;
    let zk: ZooKeeper;
    let roots = 0;
    let root: string;

    beforeAll(async () => {
      place = await open();
      zk = await place.connect();
    });

    afterAll(async () => {
      await zk.close();
      await place[Symbol.asyncDispose]();
    });

    beforeEach(async () => {
      roots += 1;
      root = `/case${roots}`;
      await zk.create(root, empty);
    });

    describe('znodes', () => {
      it('counts versions and transactions', async () => {
        const created = await zk.create(`${root}/a`, text('1'));
        const set = await zk.set(`${root}/a`, text('22'), 0);

        const read = await zk.get(`${root}/a`);

        expect(created.stat.version).toBe(0);
        expect(set.version).toBe(1);
        expect(set.mzxid).toBeGreaterThan(set.czxid);
        expect(set.dataLength).toBe(2);
        expect(read.data.toString()).toBe('22');
        expect(read.stat).toEqual(set);
      });

      it('reads several znodes at once, each with a result of its own', async () => {
        await zk.create(`${root}/a`, text('1'));
        await zk.create(`${root}/b`, empty);

        const results = await zk.getMany([`${root}/b`, `${root}/absent`, `${root}/a`]);

        expect(results).toEqual([await zk.get(`${root}/b`), undefined, await zk.get(`${root}/a`)]);
        expect(await zk.getMany([])).toEqual([]);
      });

      it('numbers sequential children by how many were ever created under the parent', async () => {
        await zk.create(`${root}/plain`, empty);
        const first = await zk.create(`${root}/n-`, empty, { mode: 'persistent-sequential' });
        await zk.delete(first.path);
        await zk.delete(`${root}/plain`);
        const second = await zk.create(`${root}/`, empty, { mode: 'persistent-sequential' });

        const parent = await zk.exists(root);

        expect(first.path).toBe(`${root}/n-0000000001`);
        expect(second.path).toBe(`${root}/0000000002`);
        expect(parent).toMatchObject({ cversion: 5, numChildren: 1 });
      });

      it.each<[ZooKeeperErrorCode, (zk: ZooKeeper, at: string) => Promise<unknown>]>([
        ['ZK_NO_NODE', (session, at) => session.get(`${at}/absent`)],
        ['ZK_NO_NODE', (session, at) => session.create(`${at}/absent/child`, empty)],
        ['ZK_NO_NODE', (session, at) => session.children(`${at}/absent`)],
        ['ZK_NODE_EXISTS', (session, at) => session.create(at, empty)],
        ['ZK_BAD_VERSION', (session, at) => session.set(at, empty, 7)],
        ['ZK_BAD_VERSION', (session, at) => session.delete(at, 7)],
        [
          'ZK_NOT_EMPTY',
          async (session, at) => {
            await session.create(`${at}/child`, empty);
            await session.delete(at);
          },
        ],
        [
          'ZK_NO_CHILDREN_FOR_EPHEMERALS',
          async (session, at) => {
            await session.create(`${at}/mine`, empty, { mode: 'ephemeral' });
            await session.create(`${at}/mine/child`, empty);
          },
        ],
      ])('refuses with %s (%#)', async (code, refused) => {
        await expect(refused(zk, root)).rejects.toMatchObject({ code });
      });

      it('drops the ephemerals of a session that was closed', async () => {
        const other = await place.connect();
        const { stat } = await other.create(`${root}/mine`, empty, { mode: 'ephemeral' });
        const { sessionId } = other;
        await other.close();

        const after = await zk.exists(`${root}/mine`);

        expect(stat.ephemeralOwner).toBe(sessionId);
        expect(after).toBeUndefined();
      });

      it('makes and removes whole paths', async () => {
        await zk.ensurePath(`${root}/a/b/c`);
        await zk.ensurePath(`${root}/a/b/c`);
        const made = await zk.exists(`${root}/a/b/c`);
        await zk.deleteRecursive(`${root}/a`);
        await zk.deleteRecursive(`${root}/a`);

        const { children } = await zk.children(root);

        expect(made).toMatchObject({ dataLength: 0, ephemeralOwner: 0n });
        expect(children).toEqual([]);
      });
    });

    describe('multi', () => {
      it('carries out everything as one transaction', async () => {
        const results = await zk.multi([
          { op: 'create', path: `${root}/dir`, data: empty },
          { op: 'create', path: `${root}/dir/x-`, data: text('x'), mode: 'ephemeral-sequential' },
          { op: 'set', path: root, data: text('new'), version: 0 },
          { op: 'check', path: `${root}/dir`, version: 0 },
        ]);

        const child = await zk.get(`${root}/dir/x-0000000000`);
        const set = results[2];

        expect(results.map((result) => result.op)).toEqual(['create', 'create', 'set', 'check']);
        expect(results[1]).toMatchObject({ path: `${root}/dir/x-0000000000` });
        expect(set?.op === 'set' && set.stat.mzxid).toBe(child.stat.czxid);
      });

      it('carries out nothing when one operation fails, and names it', async () => {
        const ops: MultiOp[] = [
          { op: 'create', path: `${root}/a`, data: empty },
          { op: 'set', path: root, data: text('new') },
          { op: 'delete', path: `${root}/absent` },
        ];

        const error = await zk.multi(ops).catch((reason: unknown) => reason);

        const after = await zk.get(root);
        expect(isZooKeeperError(error, 'ZK_NO_NODE') && error.failedOp).toBe(2);
        expect(after.stat).toMatchObject({ version: 0, numChildren: 0, cversion: 0 });
      });

      it('deletes a parent after its children', async () => {
        await zk.ensurePath(`${root}/a/lock`);

        await zk.multi([
          { op: 'delete', path: `${root}/a/lock` },
          { op: 'delete', path: `${root}/a` },
        ]);

        expect(await zk.exists(`${root}/a`)).toBeUndefined();
      });
    });

    describe('watches', () => {
      it('tells once what a read was watching', async () => {
        const events: WatchEvent[] = [];
        const watch = (event: WatchEvent): void => void events.push(event);
        await zk.exists(`${root}/later`, { watch });
        await zk.children(root, { watch });

        await zk.create(`${root}/later`, empty);
        await zk.set(`${root}/later`, text('x'));
        await zk.delete(`${root}/later`);

        expect(events).toHaveLength(2);
        expect(events).toContainEqual({ type: 'created', path: `${root}/later` });
        expect(events).toContainEqual({ type: 'children-changed', path: root });
      });

      it('sets no watch when the read fails', async () => {
        const events: WatchEvent[] = [];
        const watch = (event: WatchEvent): void => void events.push(event);

        await zk.get(`${root}/later`, { watch }).catch(() => undefined);
        await zk.create(`${root}/later`, empty);

        expect(events).toEqual([]);
      });

      it('tells a recursive watch everything below, before the answer to the write', async () => {
        const events: WatchEvent[] = [];
        await using _watch = await zk.addWatch(root, (event) => void events.push(event));
        const seen: number[] = [];

        for (const write of [
          () => zk.create(`${root}/a`, empty),
          () => zk.create(`${root}/a/b`, empty),
          () => zk.set(`${root}/a/b`, text('x')),
          () => zk.delete(`${root}/a/b`),
        ]) {
          await write();
          seen.push(events.length);
        }

        expect(events).toEqual([
          { type: 'created', path: `${root}/a` },
          { type: 'created', path: `${root}/a/b` },
          { type: 'data-changed', path: `${root}/a/b` },
          { type: 'deleted', path: `${root}/a/b` },
        ]);
        expect(seen).toEqual([1, 2, 3, 4]);
      });

      it('tells a plain persistent watch of the child list, and of no grandchild', async () => {
        const events: WatchEvent[] = [];
        await using _watch = await zk.addWatch(root, (event) => void events.push(event), { recursive: false });

        await zk.create(`${root}/a`, empty);
        await zk.create(`${root}/a/b`, empty);
        await zk.set(root, text('x'));

        expect(events).toEqual([
          { type: 'children-changed', path: root },
          { type: 'data-changed', path: root },
        ]);
      });

      it('tells nothing more once the watch is disposed of', async () => {
        const events: WatchEvent[] = [];
        const watch = await zk.addWatch(root, (event) => void events.push(event));
        await zk.create(`${root}/a`, empty);
        await watch[Symbol.asyncDispose]();

        await zk.create(`${root}/b`, empty);

        expect(events).toHaveLength(1);
      });

      it('shows no read the result of a change before the event of the change', async () => {
        const other = await place.connect();
        const order: string[] = [];
        await using _watch = await other.addWatch(root, (event) => void order.push(event.path));

        await zk.create(`${root}/a`, empty);
        await other.sync(root);
        await other.exists(`${root}/a`).then(() => order.push('read'));

        expect(order).toEqual([`${root}/a`, 'read']);
        await other.close();
      });
    });

    it('answers in the order of the requests', async () => {
      const answers: number[] = [];

      await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? zk.set(root, text(String(index))) : zk.get(root)).then(() => answers.push(index)),
        ),
      );

      expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index));
    });

    it('refuses requests once closed', async () => {
      const other = await place.connect();
      await other.close();

      await expect(other.get(root)).rejects.toMatchObject({ code: 'ZK_CLOSED' });
      expect(other.state).toBe('closed');
    });
  });
}
