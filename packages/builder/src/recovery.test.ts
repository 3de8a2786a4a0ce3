import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anUpload } from '@nodepool/model/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { bootId, readProcess } from './build-process/process-table.js';
import { aFakeProvider, Harness } from './testing/harness.js';

const cloudA = aFakeProvider('cloud-a', ['debian']);
const ownId = '5357351b-7ef5-41db-84e2-3f94b17efc7a';

const buildFiles = async (harness: Harness): Promise<readonly string[]> =>
  (await readdir(harness.imagesDir)).filter((name) => name.startsWith('debian'));

/** Records and files as a builder leaves them that is killed while it builds. */
async function leaveHalfABuild(harness: Harness, builderId: string, buildId: string): Promise<void> {
  await mkdir(harness.imagesDir, { recursive: true });
  await writeFile(join(harness.imagesDir, 'builder_id.txt'), ownId);
  await writeFile(join(harness.imagesDir, `debian-${buildId}.raw`), 'half');
  const { store } = openMemoryStore({ clock: harness.clock, ensemble: harness.memory.ensemble });
  const lock = await store.images.lockImage('debian');
  if (lock === undefined) throw new Error('the image is locked');
  await store.images.createBuild(
    {
      id: buildId,
      image: 'debian',
      state: 'building',
      builder: 'builder-1.example.com',
      builderId,
      formats: ['qcow2'],
      username: null,
      pythonPath: null,
      shellType: null,
    },
    lock,
  );
  await lock.release();
}

describe('after a builder was killed', () => {
  const buildId = 'a'.repeat(32);

  it('its half-made build goes, files included, and the image is built', async () => {
    await using harness = await Harness.open();
    await leaveHalfABuild(harness, ownId, buildId);

    await harness.start();
    await harness.until(() => harness.builds().length === 1 && harness.builds()[0]?.state === 'ready');

    expect((await buildFiles(harness)).some((name) => name.includes(buildId))).toBe(false);
  });

  it('another builder removes the record when the lock is free, and builds', async () => {
    await using harness = await Harness.open();
    await leaveHalfABuild(harness, 'another builder', buildId);
    harness.clock.jump(30_000);

    await harness.start();
    await harness.until(() => harness.builds().some(({ state }) => state === 'ready'));

    expect(harness.builds().find(({ id }) => id === buildId)?.state ?? 'gone').toMatch(/deleting|gone/);
  });

  it('an upload record that it left makes way for a new upload', async () => {
    await using harness = await Harness.open();
    harness.onUpload = () => Promise.reject(new Error('not yet'));
    await harness.start();
    await harness.until(() => harness.logged('upload failed') === 1);
    const key = { image: 'debian', buildId: harness.builds()[0]?.id ?? '', provider: 'cloud-a' };
    const lock = await harness.store.images.lockUploads(key);
    if (lock === undefined) throw new Error('the uploads are locked');
    const { record: left } = await harness.store.images.createUpload(
      anUpload({ ...key, state: 'uploading', externalId: null }),
      lock,
    );
    await lock.release();

    harness.onUpload = (_spec, upload) => upload();
    await harness.clock.advance(10_000);
    await harness.until(
      () => harness.uploads().some(({ state }) => state === 'ready') && harness.uploads().length === 1,
    );

    expect(harness.uploads()[0]?.id).not.toBe(left.id);
  });
});

describe('two builders', () => {
  it('make one build of an image that is due', async () => {
    await using harness = await Harness.open();
    const other = openMemoryStore({ clock: harness.clock, ensemble: harness.memory.ensemble });
    const secondDir = join(harness.dir, 'images-2');
    const config = {
      current: () => ({ ...harness.config.current(), imagesDir: secondDir }),
      onChange: (listener: () => void) => harness.config.onChange(listener),
    };
    await Promise.all([
      harness.start(),
      harness.start({ store: other.store, config, identity: { fqdn: 'builder-2.example.com', hostname: 'builder-2' } }),
    ]);
    await harness.until(() => harness.uploads().some(({ state }) => state === 'ready'));
    await harness.clock.advance(60_000);

    expect(harness.builds()).toHaveLength(1);
    expect(await harness.cloudImages(cloudA)).toHaveLength(1);
  });

  it('never share an images-dir', async () => {
    await using harness = await Harness.open();
    await mkdir(harness.imagesDir, { recursive: true });
    const owner = { ...(await readProcess(process.ppid)), bootId: await bootId() };
    await writeFile(join(harness.imagesDir, '.builder.json'), JSON.stringify(owner));

    await expect(harness.start()).rejects.toThrow(`belongs to the running builder with pid ${process.ppid}`);
  });
});

describe('a build under way', () => {
  const isBuilding = (harness: Harness): boolean => harness.logged('started build') === 1;

  it('is waited for when the builder stops gracefully', async () => {
    await using harness = await Harness.open();
    const builder = await harness.start();
    await harness.until(() => isBuilding(harness));

    await builder.stop({ graceful: true });
    await harness.until(() => harness.builds()[0]?.state === 'ready');

    expect(await buildFiles(harness)).not.toEqual([]);
  });

  it('goes on while the connection is suspended', async () => {
    await using harness = await Harness.open();
    await harness.start();
    await harness.until(() => isBuilding(harness));

    harness.memory.zk.suspend();
    await harness.clock.advance(100);
    harness.memory.zk.resume();
    await harness.until(() => harness.logged('finished build') === 1);

    expect(harness.builds()).toMatchObject([{ state: 'ready' }]);
  });
});
