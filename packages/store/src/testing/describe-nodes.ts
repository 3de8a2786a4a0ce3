import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../types.js';
import {
  jsonAt,
  lockedNode,
  newNode,
  type OpenStoreUnderTest,
  put,
  readyNode,
  rewrite,
  type StoreUnderTest,
} from './store-under-test.js';

export function describeNodes(open: OpenStoreUnderTest): void {
  describe('nodes', () => {
    let place: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      place = await open();
      store = place.store;
    });

    afterEach(async () => {
      await place[Symbol.asyncDispose]();
    });

    it('are created building, locked and allocated, and can be read by everybody', async () => {
      const before = place.clock.now() / 1000;

      const held = await store.nodes.create(newNode({ driverData: { ticket: 1 } }));

      const { store: other } = await place.another();
      const read = await other.nodes.get(held.id);
      expect(held.id).toMatch(/^\d{10}$/);
      expect(read?.record).toEqual(held.node);
      expect(held.node).toMatchObject({ state: 'building', allocatedTo: '100-0000000000', driverData: { ticket: 1 } });
      expect(held.node.createdTimeSec).toBeGreaterThanOrEqual(before);
      expect(held.node.stateTimeSec).toBeGreaterThanOrEqual(before);
      expect(await other.nodes.lock(held.id)).toBeUndefined();
    });

    it('are first stored as init, so that an unlocked building node always has lost its launcher', async () => {
      const events: string[] = [];
      const { zk } = await place.another();
      await zk.ensurePath('/nodepool/nodes');
      await using _watch = await zk.addWatch(
        '/nodepool/nodes',
        ({ type, path }) => void events.push(`${type} ${path}`),
      );

      const { id } = await store.nodes.create(newNode());
      await zk.sync('/nodepool/nodes');

      const path = `/nodepool/nodes/${id}`;
      expect(events.slice(0, 2)).toEqual([`created ${path}`, `created ${path}/lock`]);
      expect(events[2]).toMatch(/^created .*\/lock\/[0-9a-f]{32}__lock__0000000000$/);
      expect(events.slice(3)).toEqual([`data-changed ${path}`]);
    });

    it('keep what another program stored beside what we know', async () => {
      const id = await readyNode(store);
      await rewrite(place.zk, `/nodepool/nodes/${id}`, { zuul_extra: { deep: [1, 2] }, user_data: 'kept' });

      const held = await lockedNode(store, id);
      await held.update({ state: 'in-use' });
      await held.updateAndRelease({ comment: 'x', state: 'used' });

      expect(await jsonAt(place.zk, `/nodepool/nodes/${id}`)).toMatchObject({
        state: 'used',
        zuul_extra: { deep: [1, 2] },
        user_data: 'kept',
        comment: 'x',
        ssh_port: 22,
        connection_port: 22,
      });
    });

    it('refresh their state time whenever the state is set, and only then', async () => {
      const id = await readyNode(store);
      await rewrite(place.zk, `/nodepool/nodes/${id}`, { state_time: 5 });
      const held = await lockedNode(store, id);

      const commented = await held.update({ comment: 'x' });
      const again = await held.update({ state: 'ready' });

      expect(commented.stateTimeSec).toBe(5);
      expect(again.stateTimeSec).toBeGreaterThan(5);
    });

    it('are unlocked by release, in one step with a write when asked', async () => {
      const id = await readyNode(store);
      const first = await lockedNode(store, id);
      await first.release();
      const second = await lockedNode(store, id);

      await second.updateAndRelease({ state: 'used' });
      const third = await lockedNode(store, id);

      expect(third.node.state).toBe('used');
      await third.release();
      await third.release();
    });

    it('are waited for when asked, and not for longer', async () => {
      const id = await readyNode(store);
      const { store: other } = await place.another();
      const held = await lockedNode(store, id);
      const abort = new AbortController();
      const waiting = other.nodes.lock(id, { waitMs: 60_000 });
      const givenUp = other.nodes.lock(id, { waitMs: 60_000, signal: abort.signal });

      abort.abort(new Error('enough'));
      await expect(givenUp).rejects.toThrow('enough');
      await held.updateAndRelease({ state: 'used' });

      expect((await waiting)?.node.state).toBe('used');
    });

    it('refuse every write once the lock was taken away, and say so', async () => {
      const held = await store.nodes.create(newNode());
      const directory = `/nodepool/nodes/${held.id}/lock`;
      const { children } = await place.zk.children(directory);
      await place.zk.delete(`${directory}/${children[0]}`);

      await expect(held.update({ comment: 'x' })).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
      await expect(held.updateAndRelease({ comment: 'x' })).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
      await expect(held.remove()).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
      await expect(held.release()).resolves.toBeUndefined();
      expect((await store.nodes.get(held.id))?.record.comment).toBeNull();
    });

    it('refuse every write once the record is gone, and are not made again', async () => {
      const held = await store.nodes.create(newNode());
      await store.nodes.removeUnlocked(held.id);

      await expect(held.update({ comment: 'x' })).rejects.toMatchObject({
        code: expect.stringMatching(/^NP_(RECORD_GONE|LOCK_LOST)$/),
      });
      await held.release();
      expect(await store.nodes.lock(held.id)).toBeUndefined();
      expect(await place.zk.exists(`/nodepool/nodes/${held.id}`)).toBeUndefined();
    });

    it('are written on top of a harmless write by somebody without the lock', async () => {
      const held = await store.nodes.create(newNode());
      await rewrite(place.zk, `/nodepool/nodes/${held.id}`, { comment: 'operator' });

      const node = await held.update({ externalId: 'instance-9' });

      expect(node).toMatchObject({ comment: 'operator', externalId: 'instance-9' });
    });

    it('are given up when somebody without the lock has changed their state', async () => {
      const held = await store.nodes.create(newNode());
      await rewrite(place.zk, `/nodepool/nodes/${held.id}`, { state: 'hold' });

      await expect(held.update({ state: 'ready' })).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
      expect((await store.nodes.get(held.id))?.record.state).toBe('hold');
    });

    it('take two writes at once one after the other', async () => {
      const held = await store.nodes.create(newNode());

      await Promise.all([held.update({ comment: 'x' }), held.update({ externalId: 'y' }), held.update({ az: 'z' })]);

      expect(held.node).toMatchObject({ comment: 'x', externalId: 'y', az: 'z' });
      expect((await store.nodes.get(held.id))?.record).toEqual(held.node);
    });

    it('are removed with their lock directory', async () => {
      const held = await store.nodes.create(newNode());

      await held.remove();

      expect(await place.zk.exists(`/nodepool/nodes/${held.id}`)).toBeUndefined();
      expect(await store.nodes.get(held.id)).toBeUndefined();
    });

    it('are removed although others wait for the lock, who see a tombstone or nothing', async () => {
      const held = await store.nodes.create(newNode());
      const { store: other, zk } = await place.another();
      const directory = `/nodepool/nodes/${held.id}/lock`;
      const { promise: contended, resolve } = Promise.withResolvers<void>();
      await using _watch = await zk.addWatch(directory, ({ type }) => void (type === 'created' && resolve()));
      const waiting = other.nodes.lock(held.id, { waitMs: 60_000 });
      await contended;

      await held.remove();

      const got = await waiting;
      expect([undefined, 'deleted']).toContain(got?.node.state);
      await got?.remove();
      expect(await place.zk.exists(`/nodepool/nodes/${held.id}`)).toBeUndefined();
    });

    it('are listed with their locks, unreadable ones apart and untouched', async () => {
      const free = await readyNode(store);
      const held = await store.nodes.create(newNode());
      await put(place.zk, '/nodepool/nodes/0000000098', 'garbage');
      await put(place.zk, '/nodepool/nodes/0000000099/lock', '');

      const { nodes, unreadable } = await store.nodes.list();

      expect(nodes.map(({ record, locked }) => [record.id, locked])).toEqual([
        [free, false],
        [held.id, true],
      ]);
      expect(unreadable).toMatchObject([
        { path: '/nodepool/nodes/0000000098', empty: false, reason: 'not JSON' },
        { path: '/nodepool/nodes/0000000099', empty: true, reason: 'no data' },
      ]);
      expect(await store.nodes.lock('0000000098')).toBeUndefined();
      expect((await place.zk.get('/nodepool/nodes/0000000098')).data.toString()).toBe('garbage');
      await expect(store.nodes.get('0000000098')).rejects.toMatchObject({ code: 'NP_RECORD_UNREADABLE' });
    });

    it.each(['0000000001', 'lock', '', '../images', 'a/b', 'x\0'])('do not exist under the name %j', async (id) => {
      expect(await store.nodes.get(id)).toBeUndefined();
      expect(await store.nodes.lock(id)).toBeUndefined();
      await store.nodes.removeUnlocked(id);
    });

    it('tell whether they are locked', async () => {
      const held = await store.nodes.create(newNode());

      const before = await store.nodes.isLocked(held.id);
      await held.release();

      expect([before, await store.nodes.isLocked(held.id), await store.nodes.isLocked('0000000042')]).toEqual([
        true,
        false,
        false,
      ]);
    });

    it('are an empty list in an empty tree', async () => {
      expect(await store.nodes.list()).toEqual({ nodes: [], unreadable: [] });
    });
  });
}
