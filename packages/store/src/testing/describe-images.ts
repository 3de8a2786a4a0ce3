import type { ImageBuild } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BuildKey, ImageStore, Stored, UploadKey, WorkLock } from '../types.js';
import { jsonAt, type OpenStoreUnderTest, put, rewrite, type StoreUnderTest } from './store-under-test.js';

const image = 'debian';
const buildsAt = `/nodepool/images/${image}/builds`;
const key: BuildKey = { image, buildId: 'a'.repeat(32) };
const place1 = { ...key, provider: 'cloud-a' };
const uploadsAt = `${buildsAt}/${key.buildId}/providers/cloud-a/images`;

export function describeImages(open: OpenStoreUnderTest): void {
  describe('images', () => {
    let place: StoreUnderTest;
    let images: ImageStore;

    beforeEach(async () => {
      place = await open();
      images = place.store.images;
    });

    afterEach(async () => {
      await place[Symbol.asyncDispose]();
    });

    const lockImage = async (): Promise<WorkLock> => taken(await images.lockImage(image));
    const createBuild = async (overrides: Partial<ImageBuild> = {}): Promise<Stored<ImageBuild>> => {
      const lock = await lockImage();
      const { stateTimeSec: _time, ...build } = aBuild({ id: key.buildId, image, ...overrides });
      const stored = await images.createBuild(build, lock);
      await lock.release();
      return stored;
    };
    const createUpload = async (): Promise<UploadKey> => {
      const lock = taken(await images.lockUploads(place1));
      const { id: _id, stateTimeSec: _time, ...upload } = anUpload(place1);
      const stored = await images.createUpload(upload, lock);
      await lock.release();
      return { ...place1, uploadId: stored.record.id };
    };

    it('are none in an empty tree', async () => {
      expect(await images.images()).toEqual([]);
      expect(await images.builds(image)).toEqual([]);
      expect(await images.uploads(image)).toEqual([]);
      expect(await images.build(key)).toBeUndefined();
      expect(await images.isImageLocked(image)).toBe(false);
      expect(await images.buildRequestState(image)).toBeUndefined();
    });

    it('are built by one builder at a time', async () => {
      const { store: other } = await place.another();
      const lock = await lockImage();

      const refused = await other.images.lockImage(image);
      const locked = await other.images.isImageLocked(image);
      const stands = await lock.verify();
      await lock.release();

      expect([refused, locked, stands]).toEqual([undefined, true, true]);
      expect(await images.isImageLocked(image)).toBe(false);
      expect(await other.images.lockImage(image)).toBeDefined();
    });

    it('notice a lock that was taken away, before the next write', async () => {
      const lock = await lockImage();
      const { children } = await place.zk.children(`${buildsAt}/lock`);
      await place.zk.delete(`${buildsAt}/lock/${children[0]}`);
      const { stateTimeSec: _time, ...build } = aBuild({ id: key.buildId, image });

      await expect(images.createBuild(build, lock)).rejects.toMatchObject({ code: 'NP_LOCK_LOST' });
      expect(await lock.verify()).toBe(false);
      expect(lock.signal.aborted).toBe(true);
      expect(await images.builds(image)).toEqual([]);
      await lock.release();
    });

    it('have builds that are written under the lock or on the version seen', async () => {
      const created = await createBuild({ state: 'building', formats: ['raw', 'qcow2'], username: null });
      const lock = await lockImage();

      const ready = await images.updateBuild(created, { state: 'ready', username: 'zuul' }, lock);
      const again = await images.updateBuild(ready, { formats: [] });

      await expect(images.updateBuild(ready, { state: 'failed' })).rejects.toMatchObject({ code: 'NP_CONFLICT' });
      expect(await jsonAt(place.zk, `${buildsAt}/${key.buildId}`)).toEqual({
        state: 'ready',
        state_time: again.record.stateTimeSec,
        builder: 'builder-1.example.com',
        builder_id: '5357351b-7ef5-41db-84e2-3f94b17efc7a',
        username: 'zuul',
        python_path: 'auto',
        shell_type: null,
      });
      expect(await images.build(key)).toEqual(again);
      expect(again.record.stateTimeSec).toBe(ready.record.stateTimeSec);
    });

    it('tell that a build is gone when it is written', async () => {
      const created = await createBuild();
      await images.removeBuild(key);

      await expect(images.updateBuild(created, { state: 'ready' })).rejects.toMatchObject({ code: 'NP_RECORD_GONE' });
    });

    it('number uploads per build and provider, the lock having taken number zero', async () => {
      await createBuild();

      const first = await createUpload();
      const second = await createUpload();

      expect([first.uploadId, second.uploadId]).toEqual(['0000000001', '0000000002']);
      expect((await images.uploads(image, key.buildId)).map(({ record }) => record.id)).toEqual([
        '0000000001',
        '0000000002',
      ]);
      expect(await images.uploads(image, key.buildId, first.provider)).toHaveLength(2);
      expect(await images.uploads(image, key.buildId, 'another')).toEqual([]);
      expect((await images.upload(first))?.record).toMatchObject({ ...place1, id: '0000000001', state: 'ready' });
    });

    it('upload a build to a provider once at a time, and not a build that is gone', async () => {
      await createBuild();
      const { store: other } = await place.another();
      const lock = await images.lockUploads(place1);

      const refused = await other.images.lockUploads(place1);
      const locked = await other.images.areUploadsLocked(place1);
      const elsewhere = await other.images.lockUploads({ ...place1, provider: 'cloud-b' });
      const gone = await images.lockUploads({ ...place1, buildId: 'b'.repeat(32) });

      expect([lock !== undefined, refused, locked, elsewhere !== undefined, gone]).toEqual([
        true,
        undefined,
        true,
        true,
        undefined,
      ]);
      expect(await place.zk.exists(`${buildsAt}/${'b'.repeat(32)}`)).toBeUndefined();
    });

    it('keep fields of other programs in uploads', async () => {
      await createBuild();
      const upload = await createUpload();
      const path = `${uploadsAt}/${upload.uploadId}`;
      await rewrite(place.zk, path, { extra: 1 });
      const seen = await images.upload(upload);
      if (seen === undefined) throw new Error('gone');

      await images.updateUpload(seen, { state: 'failed', externalId: null });

      expect(await jsonAt(place.zk, path)).toMatchObject({ extra: 1, state: 'failed', external_id: null });
    });

    it('mark builds and uploads for deletion under their own locks, without waiting', async () => {
      await createBuild();
      const upload = await createUpload();
      const { zk } = await place.another();
      await put(zk, `${uploadsAt}/${upload.uploadId}/lock`, '');
      await zk.create(`${uploadsAt}/${upload.uploadId}/lock/${'c'.repeat(32)}__lock__`, Buffer.alloc(0), {
        mode: 'ephemeral-sequential',
      });

      expect(await images.markUploadDeleting(upload)).toBe(false);
      expect(await images.removeUpload(upload)).toBe(false);
      expect((await images.upload(upload))?.record.state).toBe('ready');
      await zk.close();
      expect(await images.markUploadDeleting(upload)).toBe(true);
      expect(await images.markUploadDeleting(upload)).toBe(true);
      expect(await images.markBuildDeleting(key)).toBe(true);
      expect((await images.upload(upload))?.record.state).toBe('deleting');
      expect((await images.build(key))?.record.state).toBe('deleting');
      expect((await place.zk.children(`${uploadsAt}/${upload.uploadId}/lock`)).children).toEqual([]);
    });

    it('mark nothing that is gone, and do not make it again', async () => {
      await createBuild();

      expect(await images.markUploadDeleting({ ...place1, uploadId: '0000000009' })).toBe(false);
      expect(await images.markBuildDeleting({ image, buildId: '0000000009' })).toBe(false);
      expect(await images.removeUpload({ ...place1, uploadId: '0000000009' })).toBe(true);
      expect((await images.builds(image)).map(({ record }) => record.id)).toEqual([key.buildId]);
      expect(await place.zk.exists(`${buildsAt}/0000000009`)).toBeUndefined();
    });

    it('remove a build only when its uploads are gone', async () => {
      await createBuild();
      const upload = await createUpload();

      await expect(images.removeBuild(key)).rejects.toMatchObject({ code: 'NP_CONFLICT' });
      expect(await images.removeUpload(upload)).toBe(true);
      await images.removeBuild(key);
      await images.removeBuild(key);

      expect(await place.zk.exists(`${buildsAt}/${key.buildId}`)).toBeUndefined();
      expect(await images.images()).toEqual([image]);
    });

    it.each([
      ['the lock of the build', `${buildsAt}/${key.buildId}/lock`],
      ['the lock of its uploads', `${uploadsAt}/lock`],
    ])('do not remove a build while somebody holds %s', async (_what, directory) => {
      await createBuild();
      const { zk } = await place.another();
      await zk.ensurePath(directory);
      await zk.create(`${directory}/${'c'.repeat(32)}__lock__`, Buffer.alloc(0), { mode: 'ephemeral-sequential' });

      await expect(images.removeBuild(key)).rejects.toMatchObject({ code: 'NP_CONFLICT' });
      await zk.close();
      await images.removeBuild(key);

      expect(await images.builds(image)).toEqual([]);
    });

    it('are paused and unpaused, as often as one likes, once they have a znode', async () => {
      await expect(images.setPaused(image, true)).rejects.toMatchObject({ code: 'NP_RECORD_GONE' });
      await expect(images.setPaused(image, false)).rejects.toMatchObject({ code: 'NP_RECORD_GONE' });
      await createBuild();

      await images.setPaused(image, true);
      await images.setPaused(image, true);
      const paused = await images.isPaused(image);
      await images.setPaused(image, false);
      await images.setPaused(image, false);

      expect([paused, await images.isPaused(image)]).toEqual([true, false]);
    });

    it('are requested once, and pending until a build of them is under way', async () => {
      await images.requestBuild(image);
      const requestedAtMs = await images.buildRequestedAtMs(image);
      await images.requestBuild(image);
      const states = [await images.buildRequestState(image)];
      const lock = await lockImage();
      states.push(await images.buildRequestState(image));
      const { stateTimeSec: _time, ...build } = aBuild({ id: key.buildId, image, state: 'building' });
      await images.createBuild(build, lock);
      states.push(await images.buildRequestState(image));
      await lock.release();
      states.push(await images.buildRequestState(image));
      await images.removeBuildRequest(image);
      await images.removeBuildRequest(image);
      states.push(await images.buildRequestState(image));

      expect(states).toEqual(['pending', 'pending', 'building', 'pending', undefined]);
      expect(await images.images()).toEqual([image]);
      expect(requestedAtMs).toBeGreaterThan(0);
      expect(await images.buildRequestedAtMs(image)).toBeUndefined();
    });

    it('have builds with ids of ten digits, unreadable ones left out and untouched', async () => {
      await put(place.zk, `${buildsAt}/0000000012`, '{"state":"ready","state_time":5}');
      await put(place.zk, `${buildsAt}/0000000013`, '{"state":"melted"}');
      await put(place.zk, `${buildsAt}/0000000014`, '');
      await put(place.zk, `${buildsAt}/lock`, '');

      expect((await images.builds(image)).map(({ record }) => record)).toMatchObject([
        { id: '0000000012', state: 'ready', pythonPath: '/usr/bin/python2', username: 'zuul', formats: [] },
      ]);
      await expect(images.markBuildDeleting({ image, buildId: '0000000013' })).rejects.toMatchObject({
        code: 'NP_RECORD_UNREADABLE',
      });
      expect((await place.zk.get(`${buildsAt}/0000000013`)).data.toString()).toBe('{"state":"melted"}');
    });

    it('name the builds and uploads that cannot be read', async () => {
      await createBuild();
      await createUpload();
      await put(place.zk, `${uploadsAt}/0000000098`, 'garbage');
      await put(place.zk, `${buildsAt}/0000000013`, '{"state":"melted"}');

      const unreadable = await images.unreadable(image);

      expect(unreadable.map(({ path }) => path).sort()).toEqual(
        [`${buildsAt}/0000000013`, `${uploadsAt}/0000000098`].sort(),
      );
      expect(await images.unreadable('no-such-image')).toEqual([]);
    });

    it('forget a provider with all its uploads, whatever holds them', async () => {
      await createBuild();
      const upload = await createUpload();
      await images.lockUploads({ ...place1, provider: 'cloud-b' });

      await images.eraseProvider('cloud-a');
      await images.eraseProvider('cloud-a');

      expect(await images.upload(upload)).toBeUndefined();
      expect(await images.areUploadsLocked({ ...place1, provider: 'cloud-b' })).toBe(true);
      expect(await images.builds(image)).toHaveLength(1);
    });
  });
}

function taken<T>(lock: T | undefined): T {
  if (lock === undefined) throw new Error('the lock is held by somebody else');
  return lock;
}
