import { aBuild, anUpload } from '@nodepool/model/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CacheChange, CachedNode, Store, StoreCaches } from '../types.js';
import {
  acceptedRequest,
  lockedNode,
  newNode,
  type OpenStoreUnderTest,
  openRequest,
  put,
  readyNode,
  type StoreUnderTest,
  until,
} from './store-under-test.js';

export function describeCaches(open: OpenStoreUnderTest): void {
  describe('caches', () => {
    let place: StoreUnderTest;
    let store: Store;
    let other: Store;

    beforeEach(async () => {
      place = await open();
      store = place.store;
      other = (await place.another()).store;
    });

    afterEach(async () => {
      await place[Symbol.asyncDispose]();
    });

    const openCaches = (): Promise<StoreCaches> =>
      store.openCaches({ resourcesOf: () => ({ instances: 1 }), signal: AbortSignal.timeout(60_000) });

    it('hold what was there before them', async () => {
      const ready = await readyNode(other);
      const held = await other.nodes.create(newNode());
      const request = await openRequest(other);
      await put(place.zk, '/nodepool/nodes/0000000099', 'garbage');
      await put(place.zk, '/nodepool/requests/100-0000000099', '');

      await using caches = await openCaches();

      expect(caches.nodes.get(ready)).toMatchObject({ locked: false, record: { state: 'ready' } });
      expect(caches.nodes.get(held.id)).toMatchObject({ locked: true, record: { state: 'building' } });
      expect(caches.nodes.get(held.id)?.record).toEqual(held.node);
      expect(caches.requests.get(request.record.id)).toEqual(request);
      expect([caches.nodes.size, caches.requests.size]).toEqual([2, 1]);
      expect([...caches.nodes.unreadable()]).toMatchObject([
        { path: '/nodepool/nodes/0000000099', reason: 'not JSON' },
      ]);
      expect([...caches.requests.unreadable()]).toMatchObject([{ empty: true }]);
    });

    it('follow what other processes do', async () => {
      await using caches = await openCaches();
      const changes: CacheChange<CachedNode>[] = [];
      using _changes = caches.nodes.onChange((change) => void changes.push(change));
      const onNode = (look: () => void): Disposable => caches.nodes.onChange(look);

      const held = await other.nodes.create(newNode());
      await until(() => caches.nodes.get(held.id)?.record.state === 'building', onNode);
      await held.updateAndRelease({ state: 'ready', allocatedTo: null });
      await until(() => [...caches.nodes.idle('cloud-a', 'main', 'small')].length === 1, onNode);
      const locked = await lockedNode(other, held.id);
      await until(() => caches.nodes.get(held.id)?.locked === true, onNode);
      const idleWhileLocked = [...caches.nodes.idle('cloud-a', 'main', 'small')];
      await locked.remove();
      await until(() => caches.nodes.get(held.id) === undefined, onNode);

      expect(idleWhileLocked).toEqual([]);
      expect(changes.at(-1)).toMatchObject({ before: { record: { id: held.id } }, after: undefined });
      expect(caches.nodes.usedByProvider('cloud-a')).toEqual({});
    });

    it('show our own writes at once', async () => {
      await using caches = await openCaches();

      const held = await store.nodes.create(newNode());
      const building = caches.nodes.get(held.id);
      await held.update({ comment: 'x' });
      const commented = caches.nodes.get(held.id);
      await held.updateAndRelease({ state: 'ready' });
      const ready = caches.nodes.get(held.id);
      await (await lockedNode(store, held.id)).remove();

      expect(building).toMatchObject({ locked: true, record: { state: 'building' } });
      expect(commented).toMatchObject({ locked: true, record: { comment: 'x' } });
      expect(ready).toMatchObject({ locked: false, record: { state: 'ready' } });
      expect(caches.nodes.get(held.id)).toBeUndefined();
    });

    it('show the end of a request at once, with its nodes', async () => {
      await using caches = await openCaches();
      const request = await acceptedRequest(store);
      const accepted = caches.requests.get(request.id)?.record.state;
      const node = await store.nodes.create(newNode({ allocatedTo: request.id }));

      await store.requests.fulfil(request, [node], { node, change: { state: 'ready' } });

      expect(accepted).toBe('pending');
      expect(caches.requests.get(request.id)?.record).toMatchObject({ state: 'fulfilled', nodes: [node.id] });
      expect(caches.nodes.get(node.id)).toMatchObject({ locked: false, record: { state: 'ready' } });
      expect([...caches.nodes.allocatedTo(request.id)]).toHaveLength(1);
      expect([...caches.requests.byState('pending')]).toEqual([]);
      expect([...caches.requests.byState('fulfilled')]).toHaveLength(1);
    });

    it('give requests that can be accepted as they are', async () => {
      const { record } = await openRequest(other);
      await using caches = await openCaches();
      const seen = caches.requests.get(record.id);
      if (seen === undefined) throw new Error('not cached');

      expect((await store.requests.accept(seen))?.request.state).toBe('pending');
    });

    it('know the current upload of an image in a provider, the pause and the request', async () => {
      await using caches = await openCaches();
      const { images } = caches;
      const onImage = (look: () => void): Disposable => images.onChange(look);
      const lock = await other.images.lockImage('debian');
      const { stateTimeSec: _t, ...build } = aBuild();
      if (lock !== undefined) await other.images.createBuild(build, lock);
      const key = { image: 'debian', buildId: build.id, provider: 'cloud-a' };
      const uploadLock = await other.images.lockUploads(key);
      if (uploadLock === undefined) throw new Error('locked');
      const { id: _id, stateTimeSec: _time, ...upload } = anUpload();
      const first = await other.images.createUpload({ ...upload, state: 'ready' }, uploadLock);
      const second = await other.images.createUpload({ ...upload, state: 'uploading' }, uploadLock);
      await until(() => [...images.uploads('debian')].length === 2, onImage);
      const before = images.currentUpload('debian', 'cloud-a')?.record.id;
      await other.images.updateUpload(second, { state: 'ready' });
      await other.images.updateUpload(first, { state: 'deleting' });
      await other.images.setPaused('debian', true);
      await other.images.requestBuild('debian');
      await until(() => images.buildRequestedAtMs('debian') !== undefined, onImage);

      expect(before).toBe(first.record.id);
      expect(images.currentUpload('debian', 'cloud-a')?.record.id).toBe(second.record.id);
      expect(images.currentUpload('debian', 'cloud-b')).toBeUndefined();
      expect(images.isPaused('debian')).toBe(true);
      expect([...images.images()]).toEqual(['debian']);
      expect([...images.builds('debian')].map(({ record }) => record.id)).toEqual([build.id]);
      expect([...images.unreadable()].map(({ path }) => path)).toEqual([]);
    });

    it('know the pools that live', async () => {
      await using caches = await openCaches();
      const { components } = caches;
      const onChange = (look: () => void): Disposable => components.onChange(look);
      const common = { hostname: 'vm', state: 'running', version: null, modelApi: 0 } as const;
      const pool = {
        name: 'main',
        providerName: 'cloud-a',
        supportedLabels: [],
        priority: 100,
        paused: false,
      } as const;
      const registration = await other.components.register({ ...common, ...pool, kind: 'pool', id: 'pool-1' });
      await until(() => [...components.pools()].length === 1, onChange);
      const ids = [...components.pools()].map(({ id }) => id);

      await registration[Symbol.asyncDispose]();
      await until(() => [...components.pools()].length === 0, onChange);

      expect(ids).toEqual(['pool-1']);
      expect([...components.all('launcher')]).toEqual([]);
    });

    it('are elected to do what only one may do', async () => {
      const over = new AbortController();
      const { promise: elected, resolve } = Promise.withResolvers<void>();
      const led: string[] = [];
      const lead = (name: string) => async (signal: AbortSignal) => {
        led.push(name);
        resolve();
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
      };
      const candidates = [
        store.elect('stats', 'first', lead('first'), over.signal),
        other.elect('stats', 'second', lead('second'), over.signal),
      ];

      await elected;
      over.abort();
      await Promise.all(candidates);

      expect(led).toHaveLength(1);
    });
  });
}
