import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aFakeProvider, Harness, type HarnessOptions } from './testing/harness.js';

const cloudA = aFakeProvider('cloud-a', ['debian']);

const anyReady = (harness: Harness): boolean => harness.uploads().some(({ state }) => state === 'ready');

/** A harness whose builder has built and uploaded `debian` once. */
async function withOneImage(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await Harness.open(options);
  await harness.start();
  await harness.until(() => anyReady(harness));
  return harness;
}

/** Builds again, with a later time. */
async function rebuild(harness: Harness): Promise<void> {
  const known = new Set(harness.builds().map(({ id }) => id));
  harness.clock.jump(1_000);
  await harness.store.images.requestBuild('debian');
  await harness.until(() => {
    const fresh = harness.builds().find(({ id, state }) => state === 'ready' && !known.has(id));
    const isUploaded = harness.uploads().some(({ buildId, state }) => buildId === fresh?.id && state === 'ready');
    return isUploaded && harness.cache.buildRequestedAtMs('debian') === undefined;
  });
}

describe('a builder', () => {
  it('builds what is missing, uploads it, and records both', async () => {
    await using harness = await withOneImage({
      diskimages: [{ formats: ['raw'], pythonPath: '/usr/bin/python3', metadata: { os: 'debian' } }],
    });

    const [build] = harness.builds();
    const [upload] = harness.uploads();
    const builderId = await readFile(join(harness.imagesDir, 'builder_id.txt'), 'utf8');
    expect(build).toMatchObject({
      state: 'ready',
      formats: ['qcow2', 'raw'],
      builder: 'builder-1.example.com',
      builderId,
      username: 'zuul',
      pythonPath: '/usr/bin/python3',
    });
    expect(builderId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(upload).toMatchObject({
      state: 'ready',
      buildId: build?.id,
      externalName: 'debian-1795362184',
      format: 'qcow2',
      username: 'zuul',
      pythonPath: '/usr/bin/python3',
    });
    expect(await harness.cloudImages(cloudA)).toEqual([upload?.externalId]);
  });

  it('leaves a log that ends with the exit code, and no trace of the process', async () => {
    await using harness = await withOneImage();

    const base = join(harness.imagesDir, `debian-${harness.builds()[0]?.id}`);
    const log = await readFile(join(harness.logDir, `debian-${harness.builds()[0]?.id}.log`), 'utf8');
    expect(log).toBe(`building ${base}\nas qcow2\nExit code: 0\n`);
    expect(await readdir(join(harness.imagesDir, '.running'))).toEqual([]);
  });

  it('tells the provider what it uploads', async () => {
    await using harness = await Harness.open({ diskimages: [{ metadata: { os: 'debian' } }] });
    const told: unknown[] = [];
    harness.onUpload = async (spec, upload) => {
      told.push(spec);
      return upload();
    };
    await harness.start();
    await harness.until(() => anyReady(harness));

    const [upload] = harness.uploads();
    expect(told).toMatchObject([
      {
        imageName: 'debian',
        path: join(harness.imagesDir, `debian-${upload?.buildId}.qcow2`),
        format: 'qcow2',
        md5: expect.stringMatching(/^[0-9a-f]{32}$/),
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        meta: {
          os: 'debian',
          nodepool_build_id: upload?.buildId,
          nodepool_upload_id: upload?.id,
          nodepool_provider_name: 'cloud-a',
        },
      },
    ]);
  });

  it('registers itself as running', async () => {
    await using harness = await Harness.open();
    await harness.start();

    expect(await harness.store.components.list('builder')).toMatchObject([
      { kind: 'builder', hostname: 'builder-1', state: 'running' },
    ]);
  });

  it('needs an images-dir', async () => {
    await using harness = await Harness.open();
    const { imagesDir: _, ...rest } = harness.config.current();
    harness.config.set({ ...rest, imagesDir: undefined });

    await expect(harness.start()).rejects.toMatchObject({ code: 'NP_IMAGES_DIR_UNUSABLE' });
  });
});

describe('a build request', () => {
  it('starts a build and is removed when that is ready', async () => {
    await using harness = await withOneImage();

    await rebuild(harness);

    expect(harness.builds().map(({ state }) => state)).toEqual(['ready', 'ready']);
  });

  it('waits until the image is no longer paused', async () => {
    await using harness = await withOneImage();
    await harness.store.images.setPaused('debian', true);
    await harness.store.images.requestBuild('debian');
    await harness.clock.advance(120_000);
    const meanwhile = harness.builds().length;

    await harness.store.images.setPaused('debian', false);
    await harness.until(() => harness.builds().length === 2);

    expect(meanwhile).toBe(1);
  });

  it('that is made while a build runs leads to another build', async () => {
    await using harness = await withOneImage();
    await harness.store.images.requestBuild('debian');
    await harness.until(() => harness.builds().some(({ state }) => state === 'building'));
    await harness.store.images.removeBuildRequest('debian');
    harness.clock.jump(5_000);
    await harness.store.images.requestBuild('debian');

    await harness.until(
      () => harness.cache.buildRequestedAtMs('debian') === undefined && harness.builds().length === 3,
    );
  });
});

describe('age and formats', () => {
  it('an image is built again when its newest build has reached rebuild-age', async () => {
    await using harness = await withOneImage();

    harness.clock.jump(86_340_000);
    await harness.clock.advance(59_000);
    const before = harness.builds().length;
    await harness.clock.advance(1_000);
    await harness.until(() => harness.builds().filter(({ state }) => state === 'ready').length === 2);

    expect(before).toBe(1);
  });

  it('an image is built again when a format is wanted that its newest build lacks', async () => {
    await using harness = await withOneImage();
    const cloudB = aFakeProvider('cloud-b', ['debian'], { fake: { 'image-format': 'raw' } });

    harness.config.set(harness.configOf({ providers: [cloudA, cloudB] }));
    await harness.until(() =>
      harness.uploads().some(({ provider, state }) => provider === 'cloud-b' && state === 'ready'),
    );

    expect(harness.builds().map(({ formats }) => formats)).toContainEqual(['qcow2', 'raw']);
  });
});

describe('a build that fails', () => {
  const failing = { diskimages: [{ envVars: { FAKE_DIB: 'fail' } }] };

  it.each([
    ['fail', 'the command exited with 1', 'Exit code: 1\n'],
    ['no-image', 'the command made no ', 'Exit code: 0\n'],
    ['no-checksum', 'the command made no checksums of ', 'Exit code: 0\n'],
  ])('by "%s" says so in record and log and leaves no files', async (how, reason, exitLine) => {
    await using harness = await Harness.open({ diskimages: [{ envVars: { FAKE_DIB: how } }] });
    await harness.start();
    await harness.until(() => harness.logged('build failed') === 1);

    const log = await readFile(join(harness.logDir, `debian-${harness.builds()[0]?.id}.log`), 'utf8');
    expect(log).toContain(`${exitLine}nodepool: build failed: ${reason}`);
    expect(harness.builds()).toMatchObject([{ state: 'failed', formats: [] }]);
    expect((await readdir(harness.imagesDir)).filter((name) => name.startsWith('debian'))).toEqual([]);
    expect(harness.lines).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'build failed',
        fields: expect.objectContaining({ reason: expect.stringContaining(reason) }),
      }),
    );
  });

  it('keeps the image that is in use', async () => {
    await using harness = await withOneImage();
    harness.config.set(harness.configOf({ diskimages: [{ envVars: { FAKE_DIB: 'fail' } }] }));
    await harness.store.images.requestBuild('debian');
    await harness.until(() => harness.logged('build failed') === 1);
    await harness.clock.advance(5_000);

    expect(harness.cache.currentUpload('debian', 'cloud-a')?.record.buildId).toBe(
      harness.builds().find(({ state }) => state === 'ready')?.id,
    );
  });

  it('is tried again after a growing delay', async () => {
    await using harness = await Harness.open(failing);
    const builder = await harness.start();
    await harness.until(() => harness.logged('build failed') === 1);
    const first = builder.state().delayed;
    await harness.clock.advance(10_000);
    await harness.until(() => harness.logged('build failed') === 2);
    const second = builder.state().delayed;

    expect(first).toMatchObject([{ what: 'build of debian', failures: 1 }]);
    expect(second).toMatchObject([{ what: 'build of debian', failures: 2 }]);
    expect(second[0]?.inMs).toBeGreaterThan(15_000);
  });

  it.each<[string, (harness: Harness) => Promise<void> | void]>([
    ['its configuration changes', (harness) => harness.config.set(harness.configOf({}))],
    ['somebody asks for it', (harness) => harness.store.images.requestBuild('debian')],
  ])('is tried again at once when %s', async (_, mend) => {
    await using harness = await Harness.open(failing);
    await harness.start();
    await harness.until(() => harness.logged('build failed') === 1);
    const [first] = harness.builds();

    await mend(harness);

    await harness.until(() => harness.builds().some(({ id }) => id !== first?.id));
  });
});

describe('the two newest builds', () => {
  it('stay, and the third goes: uploads, files, record', async () => {
    await using harness = await withOneImage();
    const [first] = harness.builds();
    await rebuild(harness);
    await rebuild(harness);
    await harness.until(() => harness.builds().length === 2);

    const ids = harness.builds().map(({ id }) => id);
    expect(ids).not.toContain(first?.id);
    expect(harness.uploads().map(({ buildId }) => buildId)).toEqual(ids);
    expect(await harness.cloudImages(cloudA)).toHaveLength(2);
    const kept = new Set(
      (await readdir(harness.imagesDir)).flatMap((name) => /-([0-9a-f]{32})\./.exec(name)?.[1] ?? []),
    );
    expect([...kept].sort()).toEqual([...ids].sort());
  });

  it('give way to the older one when an operator deletes the newest', async () => {
    await using harness = await withOneImage();
    const [first] = harness.builds();
    await rebuild(harness);
    const second = harness.builds().find(({ id }) => id !== first?.id)?.id ?? '';
    await harness.store.images.setPaused('debian', true);

    await harness.store.images.markBuildDeleting({ image: 'debian', buildId: second });
    await harness.until(() => harness.builds().length === 1);

    expect(harness.cache.currentUpload('debian', 'cloud-a')?.record.buildId).toBe(first?.id);
    expect(await harness.cloudImages(cloudA)).toHaveLength(1);
  });
});

describe('what leaves the configuration', () => {
  it('an image goes with everything that was made of it', async () => {
    await using harness = await withOneImage();

    harness.config.set(harness.configOf({ diskimages: [], providers: [aFakeProvider('cloud-a', [])] }));
    await harness.until(() => harness.builds().length === 0);

    expect(harness.uploads()).toEqual([]);
    expect((await readdir(harness.imagesDir)).filter((name) => name.startsWith('debian'))).toEqual([]);
  });

  it('a provider whose list is emptied loses its uploads, the build stays', async () => {
    const cloudB = aFakeProvider('cloud-b', ['debian']);
    await using harness = await Harness.open({ providers: [cloudA, cloudB] });
    await harness.start();
    await harness.until(() => harness.uploads().filter(({ state }) => state === 'ready').length === 2);

    harness.config.set(harness.configOf({ providers: [cloudA, aFakeProvider('cloud-b', [])] }));
    await harness.until(() => harness.uploads().length === 1);

    expect(harness.uploads()).toMatchObject([{ provider: 'cloud-a' }]);
    expect(harness.builds()).toHaveLength(1);
  });

  it('uploads of a provider that is gone altogether are reported', async () => {
    await using harness = await withOneImage();

    harness.config.set(harness.configOf({ providers: [] }));
    await harness.until(() =>
      harness.lines.some(({ message }) => message.includes('configure it again with an empty')),
    );

    expect(harness.uploads()).toHaveLength(1);
  });
});

it('files of an image to be deleted after its upload go, the build stays', async () => {
  await using harness = await withOneImage({
    diskimages: [{ deleteAfterUpload: true, formats: ['raw'], keepFormats: ['raw'] }],
  });
  await harness.until(() => harness.logged('deleted image file after its uploads') === 1);

  const names = (await readdir(harness.imagesDir)).filter((name) => name.startsWith('debian'));
  const base = `debian-${harness.builds()[0]?.id}`;
  expect(names.sort()).toEqual([`${base}.d`, `${base}.raw`, `${base}.raw.md5`, `${base}.raw.sha256`]);
  expect(anyReady(harness)).toBe(true);
});
