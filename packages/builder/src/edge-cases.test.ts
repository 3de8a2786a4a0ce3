import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { aFakeProvider, Harness } from './testing/harness.js';

// Source: docs/compatibility/builder.md section 9, what no other test is about.

const cloudA = aFakeProvider('cloud-a', ['debian']);
const cloudB = aFakeProvider('cloud-b', ['debian']);

const readyIn = (harness: Harness, provider: string, image = 'debian'): boolean =>
  harness.uploads(image).some((upload) => upload.provider === provider && upload.state === 'ready');

const filesIn = async (folder: string, prefix = 'debian'): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => name.startsWith(`${prefix}-`));

const isGone = (harness: Harness, image = 'debian'): boolean =>
  harness.builds(image).length + harness.uploads(image).length === 0;

describe('one builder', () => {
  it('builds and uploads two images, one of whose names begins with that of the other', async () => {
    const names = ['debian', 'debian-12-dead'];
    await using harness = await Harness.open({
      diskimages: names.map((name) => ({ name })),
      providers: [aFakeProvider('cloud-a', names)],
    });

    await harness.start();
    await harness.until(() => names.every((name) => readyIn(harness, 'cloud-a', name)));

    expect(names.map((name) => harness.builds(name).length)).toEqual([1, 1]);
    expect(await harness.cloudImages(cloudA)).toHaveLength(2);
  });

  it('builds an image that no provider lists in its own formats', async () => {
    await using harness = await Harness.open({ diskimages: [{ formats: ['raw'] }], providers: [] });

    await harness.start();
    await harness.until(() => harness.builds()[0]?.state === 'ready');

    expect(harness.builds()).toMatchObject([{ formats: ['raw'] }]);
    expect(await filesIn(harness.imagesDir)).toContain(`debian-${harness.builds()[0]?.id}.raw.sha256`);
  });

  it('uploads what it has to a provider that is added, without a new build', async () => {
    await using harness = await Harness.open({ providers: [cloudA] });
    await harness.start();
    await harness.until(() => readyIn(harness, 'cloud-a'));

    harness.config.set(harness.configOf({ providers: [cloudA, cloudB] }));
    await harness.until(() => readyIn(harness, 'cloud-b'));

    expect(harness.builds()).toHaveLength(1);
    expect(await harness.cloudImages(cloudB)).toHaveLength(1);
  });

  it('says that an upload has failed whose file somebody has removed', async () => {
    await using harness = await Harness.open({ diskimages: [{ formats: ['raw'] }], providers: [] });
    await harness.start();
    await harness.until(() => harness.builds()[0]?.state === 'ready');
    const base = join(harness.imagesDir, `debian-${harness.builds()[0]?.id}`);
    await rm(`${base}.raw`);
    await writeFile(`${base}.other`, '');

    harness.config.set(
      harness.configOf({ providers: [aFakeProvider('cloud-a', ['debian'], { fake: { 'image-format': 'raw' } })] }),
    );
    await harness.until(() => harness.uploads()[0]?.state === 'failed');

    expect(harness.uploads()).toMatchObject([{ state: 'failed', externalId: null }]);
    expect(await harness.cloudImages(cloudA)).toEqual([]);
  });
});

describe('two builders', () => {
  it('each remove their own files of an image that has left the configuration', async () => {
    await using harness = await Harness.open();
    const other = openMemoryStore({ clock: harness.clock, ensemble: harness.memory.ensemble });
    const secondDir = join(harness.dir, 'images-2');
    const config = {
      current: () => ({ ...harness.config.current(), imagesDir: secondDir }),
      onChange: (listener: () => void) => harness.config.onChange(listener),
    };
    const identity = { fqdn: 'builder-2.example.com', hostname: 'builder-2' };
    const first = await harness.start();
    await harness.until(() => readyIn(harness, 'cloud-a'));
    await first.stop({ graceful: true });
    await harness.start({ store: other.store, config, identity });
    await harness.store.images.requestBuild('debian');
    await harness.until(() => harness.builds().filter(({ state }) => state === 'ready').length === 2);
    await harness.start();
    const before = [await filesIn(harness.imagesDir), await filesIn(secondDir)];

    harness.config.set(harness.configOf({ diskimages: [], providers: [aFakeProvider('cloud-a', [])] }));
    await harness.until(() => isGone(harness) && harness.logged('deleted files of build') === 2);

    expect(before.map(({ length }) => length > 0)).toEqual([true, true]);
    expect(await filesIn(harness.imagesDir)).toEqual([]);
    expect(await filesIn(secondDir)).toEqual([]);
  });
});

describe('deletion', () => {
  it('does without the folder of manifests, which commands of operators do not make', async () => {
    await using harness = await Harness.open();
    await harness.start();
    await harness.until(() => readyIn(harness, 'cloud-a'));
    await rm(join(harness.imagesDir, `debian-${harness.builds()[0]?.id}.d`), { recursive: true });

    harness.config.set(harness.configOf({ diskimages: [], providers: [aFakeProvider('cloud-a', [])] }));
    await harness.until(() => isGone(harness));

    expect(await filesIn(harness.imagesDir)).toEqual([]);
  });

  it('takes the folder of manifests although all image files went after their uploads', async () => {
    await using harness = await Harness.open({ diskimages: [{ deleteAfterUpload: true }] });
    await harness.start();
    await harness.until(() => harness.logged('deleted image file after its uploads') === 1);
    const before = await filesIn(harness.imagesDir);

    harness.config.set(harness.configOf({ diskimages: [], providers: [aFakeProvider('cloud-a', [])] }));
    await harness.until(() => isGone(harness));

    expect(before).toEqual([expect.stringMatching(/\.d$/)]);
    expect(await filesIn(harness.imagesDir)).toEqual([]);
  });

  it('asks no cloud for an upload that never got an id', async () => {
    await using harness = await Harness.open();
    const asked: string[] = [];
    harness.onRemove = async (externalId, remove) => {
      asked.push(externalId);
      await remove();
    };
    harness.onUpload = () => Promise.reject(new Error('the cloud is down'));
    await harness.start();
    await harness.until(() => harness.uploads()[0]?.state === 'failed');

    harness.config.set(harness.configOf({ diskimages: [], providers: [aFakeProvider('cloud-a', [])] }));
    await harness.until(() => isGone(harness));

    expect(asked).toEqual([]);
  });

  it('keeps the two newest by their time, whether ids are numbers of old releases or not', async () => {
    await using harness = await Harness.open({ providers: [], diskimages: [{ formats: ['raw'] }] });
    const stateTimeSec = harness.clock.now() / 1000;
    const old = (id: string, ageSec: number) =>
      harness.memory.zk.create(
        `/nodepool/images/debian/builds/${id}`,
        Buffer.from(
          JSON.stringify({ state: 'ready', state_time: stateTimeSec - ageSec, builder: 'old', formats: 'raw' }),
        ),
      );
    await harness.memory.zk.ensurePath('/nodepool/images/debian/builds');
    await old('0000000009', 300);
    await old('0000000010', 200);
    await old('b'.repeat(32), 100);

    await harness.start();
    await harness.until(() => harness.builds().length === 2);

    expect(
      harness
        .builds()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['0000000010', 'b'.repeat(32)]);
  });
});

it('a pause that is set twice ends when it is lifted once', async () => {
  await using harness = await Harness.open();
  await harness.start();
  await harness.until(() => readyIn(harness, 'cloud-a'));
  const { images } = harness.store;

  await images.setPaused('debian', true);
  await images.setPaused('debian', true);
  await images.requestBuild('debian');
  await harness.clock.advance(60_000);
  const meanwhile = harness.builds().length;
  await images.setPaused('debian', false);
  await harness.until(() => harness.builds().length === 2);

  expect(meanwhile).toBe(1);
});
