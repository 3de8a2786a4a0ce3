import type { BuilderStatus, ImageEvent } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptEvents } from '../image-history.js';
import type { Stored, WorkLock } from '../types.js';
import { type OpenStoreUnderTest, put, type StoreUnderTest } from './store-under-test.js';

const image = 'debian';
const key = { image, buildId: 'a'.repeat(32), provider: 'cloud-a' };
const buildAt = `/nodepool/images/${image}/builds/${key.buildId}`;

/** What image records have beside them: history, what is held back, exports, and who is at work on them. */
export function describeImageExtras(open: OpenStoreUnderTest): void {
  let place: StoreUnderTest;

  beforeEach(async () => {
    place = await open();
  });

  afterEach(async () => {
    await place[Symbol.asyncDispose]();
  });

  describe('a tree', () => {
    it('has one id for everybody, as long as it is there', async () => {
      await put(place.zk, buildAt, '');
      const other = await place.another();

      const id = await place.store.treeId();

      expect(id).toMatch(/^[0-9a-f]+-[0-9a-f]+$/);
      expect(await other.store.treeId()).toBe(id);
    });

    it('has none before it is there', async () => {
      await expect(place.store.treeId()).rejects.toMatchObject({ code: 'NP_RECORD_GONE' });
    });
  });

  describe('the history of an image', () => {
    const event = (text: string): ImageEvent => ({
      image,
      kind: 'build-failed',
      timeSec: 1_000.5,
      buildId: key.buildId,
      provider: null,
      uploadId: null,
      by: 'builder-1.example.com',
      text,
    });

    it('is told in the order in which it happened', async () => {
      await place.store.imageHistory.append(event('first'));
      await place.store.imageHistory.append(event('second'));

      expect(await place.store.imageHistory.list(image)).toEqual([event('first'), event('second')]);
      expect(await place.store.imageHistory.list('other')).toEqual([]);
      expect(await place.store.imageHistory.images()).toEqual([image]);
    });

    it('does not grow without bound', async () => {
      for (let count = 0; count < keptEvents + 100; count += 1)
        await place.store.imageHistory.append(event(`${count}`));

      const told = await place.store.imageHistory.list(image);
      expect(told.length).toBeGreaterThanOrEqual(keptEvents);
      expect(told.length).toBeLessThan(keptEvents + 40);
      expect(told.at(-1)?.text).toBe(`${keptEvents + 99}`);
    });

    it('skips what a later release has written', async () => {
      await place.store.imageHistory.append(event('known'));
      await put(place.zk, `/nodepool/image-history/${image}/9999999999`, '{"kind":"teleported","timeSec":1}');
      await put(place.zk, `/nodepool/image-history/${image}/9999999998`, 'no JSON');

      expect(await place.store.imageHistory.list(image)).toEqual([event('known')]);
    });
  });

  describe('what a builder does', () => {
    const status: BuilderStatus = {
      builderId: '5357351b-7ef5-41db-84e2-3f94b17efc7a',
      hostname: 'builder-1.example.com',
      logUrl: 'http://127.0.0.1:1234',
      builds: [{ image, buildId: key.buildId, startedSec: 1, step: null }],
      uploads: [],
    };

    it('is seen while its session lives', async () => {
      const { store: other, zk } = await place.another();
      await other.builderStatuses.publish(status);
      await other.builderStatuses.publish({ ...status, builds: [] });

      expect(await place.store.builderStatuses.get(status.builderId)).toEqual({ ...status, builds: [] });
      expect(await place.store.builderStatuses.list()).toHaveLength(1);
      await zk.close();
      expect(await place.store.builderStatuses.list()).toEqual([]);
    });

    it('is taken over from a session that has not timed out yet', async () => {
      const { store: before, zk } = await place.another();
      await before.builderStatuses.publish(status);

      await place.store.builderStatuses.publish({ ...status, builds: [] });
      await zk.close();

      expect(await place.store.builderStatuses.get(status.builderId)).toEqual({ ...status, builds: [] });
    });

    it('is nothing that a stranger has written', async () => {
      await put(place.zk, `/nodepool/builder-status/${status.builderId}`, '{"builderId":1}');

      expect(await place.store.builderStatuses.get(status.builderId)).toBeUndefined();
      expect(await place.store.builderStatuses.get('../images')).toBeUndefined();
    });
  });

  describe('builds held back', () => {
    it('are those of single providers, until all are let go', async () => {
      await createBuild();
      await place.store.images.holdBack(key);
      await place.store.images.holdBack({ ...key, provider: 'cloud-b' });
      await place.store.images.holdBack({ ...key, buildId: 'b'.repeat(32) });

      const held = await place.store.images.heldBack(image);
      await place.store.images.removeHeldBack(image);
      await place.store.images.removeHeldBack(image);

      expect([...held]).toEqual([
        ['cloud-a', new Set([key.buildId, 'b'.repeat(32)])],
        ['cloud-b', new Set([key.buildId])],
      ]);
      expect((await place.store.images.heldBack(image)).size).toBe(0);
    });

    it('reach the cache', async () => {
      await createBuild();
      await using caches = await place.store.openCaches({ resourcesOf: () => ({}), only: ['images'] });
      const { promise, resolve } = Promise.withResolvers<void>();
      using _listening = caches.images.onChange((name) => {
        if (caches.images.heldBack(name).size > 0) resolve();
      });
      const { store: other } = await place.another();

      await other.images.holdBack(key);
      await promise;

      expect(caches.images.heldBack(image).get('cloud-a')).toEqual(new Set([key.buildId]));
      expect([...caches.images.builds(image)]).toHaveLength(1);
    });
  });

  describe('an upload', () => {
    it('is not written once its build has changed', async () => {
      const build = await createBuild();
      const lock = taken(await place.store.images.lockUploads(key));
      const { id: _id, stateTimeSec: _time, ...upload } = anUpload({ ...key, state: 'uploading' });
      const seen = await place.store.images.createUpload(upload, lock);
      await place.store.images.markBuildDeleting(key);

      await expect(place.store.images.updateUpload(seen, { state: 'ready' }, lock, build)).rejects.toMatchObject({
        code: 'NP_CONFLICT',
      });
      const [kept] = await place.store.images.uploads(image);
      expect(kept?.record.state).toBe('uploading');
    });
  });

  describe('image data', () => {
    const uploadAt = `${buildAt}/providers/cloud-a/images/0000000007`;
    const data = {
      [`/nodepool/images/${image}/pause`]: '',
      [buildAt]: '{"state": "ready", "state_time": 1.5, "formats": "qcow2", "extra": 1}',
      [uploadAt]: '{"state": "ready", "state_time": 2, "external_id": "x"}',
    };

    it('come back as they were, without locks and requests', async () => {
      await place.store.imageData.import(data);
      await place.store.images.requestBuild(image);
      const lock = taken(await place.store.images.lockUploads(key));

      expect(await place.store.imageData.export()).toEqual(data);
      expect(await place.store.images.isPaused(image)).toBe(true);
      expect((await place.store.images.upload({ ...key, uploadId: '0000000007' }))?.record.externalId).toBe('x');
      await lock.release();
    });

    it('leave the next upload a number above those restored', async () => {
      await place.store.imageData.import(data);
      const lock = taken(await place.store.images.lockUploads(key));
      const { id: _id, stateTimeSec: _time, ...upload } = anUpload(key);

      const next = await place.store.images.createUpload(upload, lock);

      expect(Number(next.record.id)).toBeGreaterThan(7);
    });

    it('are written over what is there', async () => {
      await createBuild({ formats: ['raw'] });

      expect(await place.store.imageData.import(data)).toEqual(Object.keys(data).sort());
      expect((await place.store.images.build(key))?.record.formats).toEqual(['qcow2']);
    });

    it.each([
      '/nodepool/nodes/0000000001',
      `/nodepool/images/${image}`,
      `/nodepool/images/${image}/request-build`,
      `/nodepool/images/${image}/builds/lock`,
      `/nodepool/images/${image}/builds/../pause`,
      `${buildAt}/providers/cloud-a/images/last`,
      `${buildAt}/providers/cloud-a/images/2147483647`,
      'relative',
    ])('refuse %s, and then write nothing', async (path) => {
      await expect(place.store.imageData.import({ ...data, [path]: '' })).rejects.toMatchObject({
        code: 'NP_IMAGE_DATA',
      });
      expect(await place.store.images.images()).toEqual([]);
    });
  });

  async function createBuild(overrides: Parameters<typeof aBuild>[0] = {}): Promise<Stored<ReturnType<typeof aBuild>>> {
    const lock = taken(await place.store.images.lockImage(image));
    const { stateTimeSec: _time, ...build } = aBuild({ id: key.buildId, image, ...overrides });
    const stored = await place.store.images.createBuild(build, lock);
    await lock.release();
    return stored;
  }
}

function taken(lock: WorkLock | undefined): WorkLock {
  if (lock === undefined) throw new Error('the lock was not taken');
  return lock;
}
