import { aBuild } from '@nodepool/model/testing';
import { FakeClock, settle } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type MemoryStore, openMemoryStore } from './memory/index.js';
import {
  acceptedRequest,
  jsonAt,
  lockedNode,
  newNode,
  newRequest,
  openRequest,
  readyNode,
} from './testing/store-under-test.js';
import type { Store } from './types.js';

const moments = ['before', 'after'] as const;

let clock: FakeClock;
let place: MemoryStore;
let store: Store;

beforeEach(() => {
  clock = new FakeClock();
  place = openMemoryStore({ clock });
  store = place.store;
});

afterEach(async () => {
  await place.zk.close();
});

const nodeIds = async (): Promise<readonly string[]> => (await store.nodes.list()).nodes.map(({ record }) => record.id);

describe.each(moments)('a connection cut %s the server has carried out', (when) => {
  it('a write under a lock is written exactly once', async () => {
    const held = await store.nodes.create(newNode());
    place.zk.failNext('multi', when);

    const node = await held.update({ comment: 'x' });

    const read = await store.nodes.get(held.id);
    expect(node).toMatchObject({ comment: 'x', state: 'building' });
    expect(read).toMatchObject({ version: 2, record: { comment: 'x' } });
    expect((await held.update({ comment: 'y' })).comment).toBe('y');
  });

  it('a write that unlocks is written exactly once, and the lock is free', async () => {
    const held = await store.nodes.create(newNode());
    place.zk.failNext('multi', when);

    await held.updateAndRelease({ state: 'ready' });

    expect(await store.nodes.get(held.id)).toMatchObject({ version: 2, record: { state: 'ready' } });
    expect(await store.nodes.lock(held.id)).toBeDefined();
  });

  it('the removal of a node is carried out', async () => {
    const held = await store.nodes.create(newNode());
    place.zk.failNext('multi', when);

    await held.remove();

    expect(await nodeIds()).toEqual([]);
  });

  it('the first step of a creation leaves one node', async () => {
    await readyNode(store);
    place.zk.failNext('create', when);

    const held = await store.nodes.create(newNode());

    expect(await nodeIds()).toHaveLength(2);
    expect(held.node.state).toBe('building');
    expect(await store.nodes.lock(held.id)).toBeUndefined();
  });

  it('the first steps of two equal creations leave two nodes for two owners', async () => {
    place.zk.failNext('create', when);

    const [first, second] = await Promise.all([store.nodes.create(newNode()), store.nodes.create(newNode())]);

    expect(first.id).not.toBe(second.id);
    const { nodes } = await store.nodes.list();
    expect(nodes.filter(({ record }) => record.state === 'building').map(({ record }) => record.id)).toEqual(
      [first.id, second.id].sort(),
    );
  });

  it('the second step of a creation leaves one node, held', async () => {
    place.zk.failNext('multi', when);

    const held = await store.nodes.create(newNode());

    expect(await nodeIds()).toEqual([held.id]);
    expect((await held.update({ comment: 'ours' })).comment).toBe('ours');
  });

  it.each([
    ['never locked', false],
    ['locked before', true],
  ])('the acceptance of a request that was %s holds it', async (_what, lockedBefore) => {
    const seen = await openRequest(store);
    if (lockedBefore) await (await store.requests.lock(seen.record.id))?.release();
    place.zk.failNext('multi', when);

    const held = await store.requests.accept(seen);

    expect(held?.request.state).toBe('pending');
    expect(await held?.update({ declinedBy: ['x'] })).toMatchObject({ declinedBy: ['x'] });
    expect(await store.requests.lock(seen.record.id)).toBeUndefined();
  });

  it('the end of a request fulfils it', async () => {
    const request = await acceptedRequest(store);
    const node = await store.nodes.create(newNode());
    place.zk.failNext('multi', when);

    const fulfilled = await store.requests.fulfil(request, [node], { node, change: { state: 'ready' } });

    expect(fulfilled).toBe(true);
    expect(await store.nodes.get(node.id)).toMatchObject({ version: 2, record: { state: 'ready' } });
    expect((await store.nodes.list()).nodes[0]?.locked).toBe(false);
    expect(await jsonAt(place.zk, `/nodepool/requests/${request.id}`)).toMatchObject({ state: 'fulfilled' });
  });

  it('the creation of a request leaves one request', async () => {
    place.zk.failNext('create', when);

    const created = await store.requests.create(newRequest(), { priority: '900', ephemeral: true });

    const { requests } = await store.requests.list();
    expect(requests.map(({ record }) => record)).toEqual([created.record]);
  });

  it('the creation of a build and its changes happen exactly once', async () => {
    const lock = await store.images.lockImage('debian');
    if (lock === undefined) throw new Error('locked');
    const { stateTimeSec: _time, ...build } = aBuild({ state: 'building' });
    place.zk.failNext('multi', when);
    const created = await store.images.createBuild(build, lock);
    place.zk.failNext('multi', when);

    const ready = await store.images.updateBuild(created, { state: 'ready' }, lock);

    expect(await store.images.builds('debian')).toEqual([ready]);
    expect(ready.version).toBe(1);
  });

  it('the creation of an upload leaves one upload', async () => {
    const lock = await store.images.lockImage('debian');
    const { stateTimeSec: _time, ...build } = aBuild();
    if (lock !== undefined) await store.images.createBuild(build, lock);
    const key = { image: 'debian', buildId: build.id, provider: 'cloud-a' };
    const uploadLock = await store.images.lockUploads(key);
    if (uploadLock === undefined) throw new Error('locked');
    const images = { externalId: null, externalName: null, format: null, failureReason: null };
    const none = { ...images, username: null, pythonPath: null };
    place.zk.failNext('multi', when);

    const upload = await store.images.createUpload(
      { ...key, ...none, state: 'uploading', shellType: null },
      uploadLock,
    );

    expect(await store.images.uploads('debian')).toEqual([upload]);
  });

  it('the removal of a build and an upload is carried out', async () => {
    const lock = await store.images.lockImage('debian');
    const { stateTimeSec: _time, ...build } = aBuild();
    if (lock !== undefined) await store.images.createBuild(build, lock);
    place.zk.failNext('multi', when);
    // The multi that makes the lock directory is the one that is hit; the removal follows it.
    await store.images.removeBuild({ image: 'debian', buildId: build.id });

    expect(await store.images.builds('debian')).toEqual([]);
  });

  it('a component is registered and changed once', async () => {
    place.zk.failNext('create', when);
    const registration = await store.components.register({
      kind: 'launcher',
      hostname: 'vm',
      state: 'stopped',
      version: null,
      modelApi: 0,
    });
    place.zk.failNext('multi', when);
    await registration.update({ state: 'running' });

    expect(await store.components.list('launcher')).toMatchObject([{ state: 'running' }]);
    const { children } = await place.zk.children('/nodepool/components/launcher');
    expect(children).toHaveLength(1);
  });
});

describe('a requestor that removes a fulfilled request before we know that it is fulfilled', () => {
  it('does not make us believe that it was not', async () => {
    const request = await acceptedRequest(store);
    const node = await store.nodes.create(newNode());
    const zuul = place.ensemble.connect();
    await zuul.addWatch('/nodepool/requests', ({ type, path }) => {
      if (type === 'data-changed') void zuul.delete(path);
    });
    place.zk.failNext('multi', 'after');

    expect(await store.requests.fulfil(request, [node])).toBe(true);
    expect(await store.requests.get(request.id)).toBeUndefined();
  });
});

describe('the end of a session', () => {
  it('ends every hold: nothing more is written', async () => {
    const held = await store.nodes.create(newNode());
    const request = await acceptedRequest(store);

    place.zk.expire();
    await store.session.connected();

    expect([held.signal.aborted, request.signal.aborted]).toEqual([true, true]);
    await expect(held.update({ state: 'ready' })).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
    await expect(held.remove()).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
    await expect(store.requests.fulfil(request, [held])).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
    expect((await store.nodes.get(held.id))?.record.state).toBe('building');
    await held.release();
    expect(await store.nodes.lock(held.id)).toBeDefined();
  });

  it('during a write is told as a lost lock', async () => {
    const held = await store.nodes.create(newNode());
    place.zk.onState((state) => {
      if (state === 'suspended') place.zk.expire();
    });
    place.zk.failNext('multi', 'before');

    await expect(held.update({ state: 'ready' })).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
  });

  it('is followed by a new one at once, after everybody was told', async () => {
    const told: string[] = [];
    store.session.onState((state) => void told.push(state));

    place.zk.expire();
    const stateWhenTold = store.session.state;
    await store.session.connected();

    expect(stateWhenTold).toBe('expired');
    expect(told).toEqual(['expired', 'connecting', 'connected']);
    expect(await store.nodes.list()).toEqual({ nodes: [], unreadable: [] });
  });

  it('makes components register again, as they are by then', async () => {
    const component = { kind: 'launcher', hostname: 'vm', state: 'stopped', version: null, modelApi: 0 } as const;
    const registration = await store.components.register(component);

    place.zk.expire();
    const update = registration.update({ state: 'running' }).catch(() => undefined);
    await store.session.connected();
    await update;
    await settle();

    const { children } = await place.zk.children('/nodepool/components/launcher');
    expect(children).toEqual(['vm0000000001']);
    expect(await store.components.list('launcher')).toEqual([{ ...component, state: 'running' }]);
  });

  it('makes caches look again', async () => {
    await using caches = await store.openCaches({ resourcesOf: () => ({}) });
    const other = openMemoryStore({ clock, ensemble: place.ensemble });
    const held = await store.nodes.create(newNode());

    place.zk.expire();
    const id = await readyNode(other.store);
    await store.session.connected();
    await settle();

    expect(caches.nodes.get(held.id)).toMatchObject({ locked: false });
    expect(caches.nodes.get(id)).toMatchObject({ locked: false, record: { state: 'ready' } });
  });
});

describe('a connection that stays away', () => {
  it('ends a write when the session may have ended, and the write is not made up for later', async () => {
    const held = await store.nodes.create(newNode());
    place.zk.suspend();
    const outcome = held.update({ state: 'ready' }).catch((error: unknown) => error);

    await clock.advance(place.zk.sessionTimeoutMs + 1);

    expect(await outcome).toMatchObject({ code: 'NP_LOCK_LOST' });
    place.zk.resume();
    await settle();
    expect((await store.nodes.get(held.id))?.record.state).toBe('building');
    expect(await store.nodes.lock(held.id)).toBeDefined();
  });

  it('does no harm when it comes back in time', async () => {
    const held = await store.nodes.create(newNode());
    place.zk.suspend();
    const writing = held.update({ state: 'ready' });

    await clock.advance(place.zk.sessionTimeoutMs - 1);
    place.zk.resume();

    expect((await writing).state).toBe('ready');
    expect(held.signal.aborted).toBe(false);
  });
});

describe('the cost', () => {
  it('of a request with a new node is six requests to ZooKeeper, the caches included', async () => {
    await using _caches = await store.openCaches({ resourcesOf: () => ({}) });
    await (await acceptedRequest(store)).release();
    await readyNode(store);
    const seen = await openRequest(store);
    await settle();
    const before = place.zk.requests;

    const request = await store.requests.accept(seen);
    if (request === undefined) throw new Error('not accepted');
    const node = await store.nodes.create(newNode({ allocatedTo: request.id }));
    await node.update({ externalId: 'i-1', driverData: { ticket: 1 } });
    await node.update({ interfaceIp: '192.0.2.7', hostKeys: [] });
    await store.requests.fulfil(request, [node], { node, change: { state: 'ready' } });
    await settle();

    expect(place.zk.requests - before).toBe(6);
  });

  it('of a deletion is five requests in four round trips, and the look of the cache for the tombstone', async () => {
    const id = await readyNode(store);
    await using _caches = await store.openCaches({ resourcesOf: () => ({}) });
    await settle();
    const before = place.zk.requests;

    const held = await lockedNode(store, id);
    await held.update({ state: 'deleting' });
    await held.remove();
    await settle();

    expect(place.zk.requests - before).toBe(6);
  });
});
