import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../types.js';
import {
  acceptedRequest,
  jsonAt,
  lockedNode,
  newNode,
  newRequest,
  type OpenStoreUnderTest,
  openRequest,
  put,
  readyNode,
  rewrite,
  type StoreUnderTest,
} from './store-under-test.js';

export function describeRequests(open: OpenStoreUnderTest): void {
  describe('requests', () => {
    let place: StoreUnderTest;
    let store: Store;

    beforeEach(async () => {
      place = await open();
      store = place.store;
    });

    afterEach(async () => {
      await place[Symbol.asyncDispose]();
    });

    it('are created under their priority, ephemeral when asked', async () => {
      const lasting = await openRequest(store);
      const standing = await store.requests.create(newRequest({ requestor: 'NodePool:min-ready' }), {
        priority: '900',
        ephemeral: true,
      });

      const stat = await place.zk.exists(`/nodepool/requests/${standing.record.id}`);

      expect(lasting.record).toMatchObject({ id: '100-0000000000', state: 'requested', nodes: [], declinedBy: [] });
      expect(standing.record.id).toBe('900-0000000001');
      expect(stat?.ephemeralOwner).toBe(place.zk.sessionId);
      expect(await store.requests.get(standing.record.id)).toEqual(standing);
    });

    it('are accepted once, whoever tries', async () => {
      const seen = await openRequest(store);
      const { store: other } = await place.another();

      const results = await Promise.all([store.requests.accept(seen), other.requests.accept(seen)]);

      const accepted = results.filter((result) => result !== undefined);
      expect(accepted).toHaveLength(1);
      expect(accepted[0]?.request.state).toBe('pending');
      expect(await jsonAt(place.zk, `/nodepool/requests/${seen.record.id}`)).toMatchObject({ state: 'pending' });
    });

    it('are accepted when somebody has locked them before', async () => {
      const seen = await openRequest(store);
      await (await store.requests.lock(seen.record.id))?.release();

      const held = await store.requests.accept(seen);

      expect(held?.request.state).toBe('pending');
      expect(await store.requests.lock(seen.record.id)).toBeUndefined();
    });

    it('are accepted as a caller describes them who did not read them through this store', async () => {
      const seen = await openRequest(store);

      const held = await store.requests.accept({ ...seen });

      expect(held?.request.state).toBe('pending');
    });

    it('are not accepted while another holds the lock', async () => {
      const seen = await openRequest(store);
      const { store: other } = await place.another();
      const zuul = await other.requests.lock(seen.record.id);

      const refused = await store.requests.accept(seen);
      await zuul?.release();

      expect(refused).toBeUndefined();
      expect(await store.requests.accept(seen)).toBeDefined();
    });

    it.each<[string, (at: StoreUnderTest, path: string) => Promise<unknown>]>([
      ['has changed since it was seen', ({ zk }, path) => rewrite(zk, path, { relative_priority: 3 })],
      ['is gone', ({ zk }, path) => zk.delete(path)],
    ])('are not accepted when one %s, and stay unlocked', async (_what, change) => {
      const seen = await openRequest(store);
      const declined = await openRequest(store);
      await (await store.requests.lock(declined.record.id))?.release();
      await change(place, `/nodepool/requests/${seen.record.id}`);
      await change(place, `/nodepool/requests/${declined.record.id}`);

      expect(await store.requests.accept(seen)).toBeUndefined();
      expect(await store.requests.accept(declined)).toBeUndefined();

      const directory = `/nodepool/requests-lock/${declined.record.id}`;
      expect((await place.zk.children(directory)).children).toEqual([]);
      expect(await place.zk.exists(`/nodepool/requests-lock/${seen.record.id}`)).toBeUndefined();
    });

    it('are not accepted in another state than requested', async () => {
      const held = await acceptedRequest(store);
      await held.updateAndRelease({ state: 'failed' });
      const seen = await store.requests.get(held.id);
      if (seen === undefined) throw new Error('gone');

      expect(await store.requests.accept(seen)).toBeUndefined();
    });

    it('are declined and unlocked in one step, requestor data as they were', async () => {
      const seen = await openRequest(store);
      const path = `/nodepool/requests/${seen.record.id}`;
      const data = Buffer.from('{"state":"requested","node_types":["small"],"requestor_data":{"n":1.0},"span":"x"}');
      await place.zk.set(path, data);
      const held = await store.requests.lock(seen.record.id);

      await held?.updateAndRelease({ state: 'requested', declinedBy: ['pool-1'] });

      const text = (await place.zk.get(path)).data.toString();
      expect(text).toContain('"requestor_data":{"n":1.0}');
      expect(JSON.parse(text)).toMatchObject({ declined_by: ['pool-1'], span: 'x', relative_priority: 0 });
      expect(await store.requests.lock(seen.record.id)).toBeDefined();
    });

    it('end with unlocked nodes in order, the last of them written in the same step', async () => {
      const request = await acceptedRequest(store);
      const reused = await lockedNode(store, await readyNode(store));
      const launched = await store.nodes.create(newNode({ allocatedTo: request.id }));
      await reused.update({ allocatedTo: request.id });

      const fulfilled = await store.requests.fulfil(request, [launched, reused], {
        node: launched,
        change: { state: 'ready', externalId: 'i-1' },
      });

      const { nodes } = await store.nodes.list();
      expect(fulfilled).toBe(true);
      expect(await jsonAt(place.zk, `/nodepool/requests/${request.id}`)).toMatchObject({
        state: 'fulfilled',
        nodes: [launched.id, reused.id],
      });
      expect(nodes.map(({ record, locked }) => [record.state, record.allocatedTo, locked])).toEqual([
        ['ready', request.id, false],
        ['ready', request.id, false],
      ]);
      expect(await store.requests.lock(request.id)).toBeDefined();
      expect([launched.node.state, request.request.state]).toEqual(['ready', 'fulfilled']);
    });

    it('are shown fulfilled to others only after their nodes are shown unlocked', async () => {
      const request = await acceptedRequest(store);
      const node = await store.nodes.create(newNode({ allocatedTo: request.id }));
      await node.update({ state: 'ready' });
      const { zk } = await place.another();
      const events: string[] = [];
      await using _watch = await zk.addWatch('/nodepool', ({ type, path }) => void events.push(`${type} ${path}`));

      await store.requests.fulfil(request, [node]);
      await zk.sync('/nodepool');

      const unlocked = events.findIndex((event) => event.startsWith(`deleted /nodepool/nodes/${node.id}/lock/`));
      const fulfilled = events.indexOf(`data-changed /nodepool/requests/${request.id}`);
      expect(unlocked).toBeGreaterThanOrEqual(0);
      expect(fulfilled).toBeGreaterThan(unlocked);
    });

    it('leave their nodes held when the requestor has removed them', async () => {
      const request = await acceptedRequest(store);
      const node = await store.nodes.create(newNode({ allocatedTo: request.id }));
      await store.requests.remove(request.id);

      const fulfilled = await store.requests.fulfil(request, [node], { node, change: { state: 'ready' } });

      expect(fulfilled).toBe(false);
      expect((await node.update({ allocatedTo: null })).state).toBe('building');
      expect(await store.requests.get(request.id)).toBeUndefined();
      await expect(request.update({ state: 'failed' })).rejects.toMatchObject({
        code: expect.stringMatching(/^NP_(RECORD_GONE|LOCK_LOST)$/),
      });
    });

    it('stay pending when the lock of one of their nodes was lost, whose signal tells', async () => {
      const request = await acceptedRequest(store);
      const good = await store.nodes.create(newNode({ allocatedTo: request.id }));
      const stolen = await store.nodes.create(newNode({ allocatedTo: request.id }));
      const directory = `/nodepool/nodes/${stolen.id}/lock`;
      const { children } = await place.zk.children(directory);
      await place.zk.delete(`${directory}/${children[0]}`);

      await expect(store.requests.fulfil(request, [good, stolen])).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });

      expect([good.signal.aborted, stolen.signal.aborted, request.signal.aborted]).toEqual([false, true, false]);
      expect(await good.update({ comment: 'still ours' })).toMatchObject({ comment: 'still ours' });
      expect(await request.update({ state: 'requested', nodes: [] })).toMatchObject({ state: 'requested' });
    });

    it('are fulfilled on top of a new priority that Zuul wrote meanwhile', async () => {
      const request = await acceptedRequest(store);
      await rewrite(place.zk, `/nodepool/requests/${request.id}`, { relative_priority: 7 });

      expect(await store.requests.fulfil(request, [])).toBe(true);
      expect(await jsonAt(place.zk, `/nodepool/requests/${request.id}`)).toMatchObject({
        relative_priority: 7,
        state: 'fulfilled',
      });
    });

    it('are listed, unreadable ones apart', async () => {
      const { record } = await openRequest(store);
      await put(place.zk, '/nodepool/requests/100-0000000098', '');

      const { requests, unreadable } = await store.requests.list();

      expect(requests.map((entry) => entry.record.id)).toEqual([record.id]);
      expect(unreadable).toMatchObject([{ path: '/nodepool/requests/100-0000000098', empty: true }]);
      expect(await store.requests.lock('100-0000000098')).toBeUndefined();
    });

    it('are awaited by their requestor until they are fulfilled', async () => {
      const seen = await openRequest(store);
      const { store: zuul } = await place.another();
      const answer = zuul.requests.untilAnswered(seen.record.id, new AbortController().signal);

      const held = await store.requests.accept(seen);
      const node = await store.nodes.create(newNode({ allocatedTo: seen.record.id }));
      if (held !== undefined) await store.requests.fulfil(held, [node]);

      expect((await answer)?.record).toMatchObject({ state: 'fulfilled', nodes: [node.id] });
    });

    it.each<[string, (at: StoreUnderTest, id: string) => Promise<unknown>, string | undefined]>([
      ['failed', ({ zk }, id) => rewrite(zk, `/nodepool/requests/${id}`, { state: 'failed' }), 'failed'],
      ['gone', ({ store: own }, id) => own.requests.remove(id), undefined],
    ])('are awaited no longer once one is %s', async (_what, change, state) => {
      const { record } = await openRequest(store);
      const { store: zuul } = await place.another();
      const answer = zuul.requests.untilAnswered(record.id, new AbortController().signal);

      await change(place, record.id);

      expect((await answer)?.record.state).toBe(state);
      const again = await zuul.requests.untilAnswered(record.id, new AbortController().signal);
      expect(again?.record.state).toBe(state);
    });

    it('are awaited only for as long as wanted', async () => {
      const { record } = await openRequest(store);
      const controller = new AbortController();
      const answer = store.requests.untilAnswered(record.id, controller.signal);

      controller.abort(new Error('enough'));

      await expect(answer).rejects.toThrow('enough');
    });

    it('can be removed twice, and nothing is made for one that is gone', async () => {
      const { record } = await openRequest(store);
      await store.requests.remove(record.id);
      await store.requests.remove(record.id);

      expect(await store.requests.lock(record.id)).toBeUndefined();
      expect(await place.zk.exists(`/nodepool/requests-lock/${record.id}`)).toBeUndefined();
    });

    it('are known to be locked without a trace', async () => {
      const held = await acceptedRequest(store);

      const whileHeld = await store.requests.isLocked(held.id);
      await held.release();

      expect(whileHeld).toBe(true);
      expect(await store.requests.isLocked(held.id)).toBe(false);
      expect(await store.requests.isLocked('100-0000009999')).toBe(false);
    });

    it('are not taken once that was called off', async () => {
      const seen = await openRequest(store);

      await expect(store.requests.accept(seen, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');

      expect((await store.requests.get(seen.record.id))?.record.state).toBe('requested');
    });

    it('lose their lock directories together, those in use and those that are gone left alone', async () => {
      const ids: string[] = [];
      for (let count = 0; count < 3; count += 1) {
        const held = await acceptedRequest(store);
        if (count > 0) await held.release();
        ids.push(held.id);
      }

      await store.requests.removeLocks([...ids, '100-0000009999']);
      const withOneInUse = (await place.zk.children('/nodepool/requests-lock')).children;
      const free = await acceptedRequest(store);
      await free.release();
      await store.requests.removeLocks([free.id]);

      expect(withOneInUse).toEqual(ids.slice(0, 1));
      expect((await place.zk.children('/nodepool/requests-lock')).children).toEqual(ids.slice(0, 1));
    });

    it('lose their lock directory once they are gone, it is old and nobody contends', async () => {
      const gone = await acceptedRequest(store);
      await gone.release();
      await store.requests.remove(gone.id);
      const contended = await acceptedRequest(store);
      await store.requests.remove(contended.id);
      const kept = await acceptedRequest(store);
      await kept.release();

      const tooYoung = await store.requests.removeStaleLocks(3_600_000);
      const removed = await store.requests.removeStaleLocks(-3_600_000);

      const { children } = await place.zk.children('/nodepool/requests-lock');
      expect([tooYoung, removed]).toEqual([0, 1]);
      expect([...children].sort()).toEqual([contended.id, kept.id].sort());
    });
  });
}
