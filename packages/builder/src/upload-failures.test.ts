import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { aProviderDiskimage } from './testing/fixtures.js';
import { aFakeProvider, Harness } from './testing/harness.js';

const cloudA = aFakeProvider('cloud-a', ['debian']);

const isReady = (harness: Harness): boolean => harness.uploads().some(({ state }) => state === 'ready');

describe('an upload that fails', () => {
  it('is recorded, tried again after a growing delay, and forgotten when one succeeds', async () => {
    await using harness = await Harness.open();
    let tries = 0;
    harness.onUpload = (_spec, upload) => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('the cloud broke off')) : upload();
    };
    await harness.start();
    await harness.until(() => harness.logged('upload failed') === 1);
    const afterFirst = harness.uploads();
    await harness.clock.advance(10_000);
    await harness.until(() => harness.logged('upload failed') === 2);
    await harness.clock.advance(10_000);
    const afterTenSeconds = tries;
    await harness.clock.advance(10_000);
    await harness.until(() => harness.logged('finished upload') === 1 && harness.uploads().length === 1);

    expect(afterFirst).toMatchObject([{ state: 'failed', externalId: null, username: null }]);
    expect(afterTenSeconds).toBe(2);
    expect(harness.uploads()).toMatchObject([{ state: 'ready' }]);
  });

  it('does not keep other providers waiting', async () => {
    await using harness = await Harness.open({ providers: [cloudA, aFakeProvider('cloud-b', ['debian'])] });
    harness.onUpload = (spec, upload) =>
      spec.meta['nodepool_provider_name'] === 'cloud-a' ? Promise.reject(new Error('refused')) : upload();
    await harness.start();

    await harness.until(() => isReady(harness));

    expect(harness.uploads().find(({ state }) => state === 'ready')?.provider).toBe('cloud-b');
  });

  it('ends when its time is up', async () => {
    await using harness = await Harness.open({
      providers: [aFakeProvider('cloud-a', ['debian'], { fake: { 'upload-ms': 9e9 } })],
    });
    const begun = Promise.withResolvers<void>();
    harness.onUpload = (_spec, upload) => {
      begun.resolve();
      return upload();
    };
    await harness.start();
    await begun.promise;

    await harness.clock.advance(3_600_000);
    await harness.until(() => harness.logged('upload failed') > 0);

    expect(await harness.cloudImages(cloudA)).toEqual([]);
  });
});

describe('a lock that is lost', () => {
  const uploadLosing = async (lose: (expire: () => void) => void): Promise<Harness> => {
    const harness = await Harness.open({
      providers: [aFakeProvider('cloud-a', ['debian'], { 'post-upload-hook': '/bin/true' })],
    });
    let tries = 0;
    harness.onUpload = async (_spec, upload) => {
      tries += 1;
      const uploaded = await upload();
      if (tries === 1) lose(() => harness.memory.zk.expire());
      return uploaded;
    };
    await harness.start();
    await harness.until(() => harness.logged('upload failed') === 1);
    return harness;
  };
  const readyIds = (harness: Harness): readonly (string | null)[] =>
    harness.uploads().flatMap(({ state, externalId }) => (state === 'ready' ? [externalId] : []));

  it('after an upload takes its image from the cloud, and the upload is made anew', async () => {
    // While the hook runs: starting a process takes longer than a turn of the event loop.
    await using harness = await uploadLosing((expire) => setImmediate(expire));
    const left = await harness.cloudImages(cloudA);
    await harness.clock.advance(20_000);
    await harness.until(() => isReady(harness));

    expect(left).toEqual([]);
    expect(await harness.cloudImages(cloudA)).toEqual(readyIds(harness));
  });

  it('while the cloud answers leaves an image that is found and removed', async () => {
    await using harness = await uploadLosing((expire) => expire());
    await harness.clock.advance(20_000);
    await harness.until(() => isReady(harness));
    await harness.clock.advance(600_000);
    await harness.until(() => harness.logged('removed leaked image') === 1);

    expect(await harness.cloudImages(cloudA)).toEqual(readyIds(harness));
  });
});

describe('the post-upload hook', () => {
  const withHook = async (script: string): Promise<Harness> => {
    const harness = await Harness.open();
    const hook = join(harness.dir, 'hook');
    await writeFile(hook, `#!/bin/sh\n${script}\n`);
    await chmod(hook, 0o755);
    harness.config.set(
      harness.configOf({ providers: [aFakeProvider('cloud-a', ['debian'], { 'post-upload-hook': hook })] }),
    );
    return harness;
  };

  it('is given provider, id and file before the image is visible', async () => {
    await using harness = await withHook('echo "$@" > "$(dirname "$0")/told"');
    await harness.start();
    await harness.until(() => isReady(harness));

    const [upload] = harness.uploads();
    const told = await readFile(join(harness.dir, 'told'), 'utf8');
    expect(told).toBe(`cloud-a ${upload?.externalId} ${harness.imagesDir}/debian-${upload?.buildId}.qcow2\n`);
  });

  it('that refuses takes the image from the cloud', async () => {
    await using harness = await withHook('echo refused; exit 3');
    await harness.start();
    await harness.until(() => harness.logged('upload failed') === 1 && harness.uploads()[0]?.externalId === null);

    expect(harness.uploads()).toMatchObject([{ state: 'failed' }]);
    expect(await harness.cloudImages(cloudA)).toEqual([]);
    expect(harness.lines).toContainEqual(
      expect.objectContaining({
        message: 'ran post-upload hook',
        fields: expect.objectContaining({ output: 'refused\n' }),
      }),
    );
  });
});

describe('a deletion that the cloud refuses', () => {
  it('is tried again until it succeeds, and the build waits for it', async () => {
    await using harness = await Harness.open();
    let refusals = 2;
    harness.onRemove = (_id, remove) => {
      refusals -= 1;
      return refusals < 0 ? remove() : Promise.reject(new Error('not now'));
    };
    const builder = await harness.start();
    await harness.until(() => isReady(harness));
    const buildId = harness.builds()[0]?.id ?? '';
    await harness.store.images.setPaused('debian', true);
    await harness.store.images.markBuildDeleting({ image: 'debian', buildId });
    await harness.until(() => harness.logged('image could not be removed from the provider') === 1);
    const waiting = builder.state().waitingForDeletion;
    await harness.clock.advance(10_000);
    await harness.until(() => harness.logged('image could not be removed from the provider') === 2);
    await harness.clock.advance(20_000);
    await harness.until(() => harness.builds().length === 0);

    expect(waiting).toEqual([{ build: `debian-${buildId}`, waitsFor: 'uploads in cloud-a' }]);
    expect(await harness.cloudImages(cloudA)).toEqual([]);
  });
});

describe('an image in the cloud without a record', () => {
  const uploadUnrecorded = async (harness: Harness): Promise<string> => {
    const images = harness.provider(harness.config.current().providers.get('cloud-a') ?? cloudA).images;
    const [build] = harness.builds();
    const uploaded = await images?.upload(
      {
        imageName: 'debian',
        externalName: 'debian-left',
        path: join(harness.imagesDir, `debian-${build?.id}.qcow2`),
        format: 'qcow2',
        md5: undefined,
        sha256: undefined,
        meta: {
          nodepool_build_id: build?.id ?? '',
          nodepool_upload_id: '0000000099',
          nodepool_provider_name: 'cloud-a',
        },
        config: aProviderDiskimage('debian'),
      },
      { signal: new AbortController().signal, log: harness.log },
    );
    return uploaded?.externalId ?? '';
  };

  it('is removed when it was seen twice', async () => {
    await using harness = await Harness.open();
    await harness.start();
    await harness.until(() => isReady(harness));
    const leaked = await uploadUnrecorded(harness);

    await harness.clock.advance(600_000);
    const before = await harness.cloudImages(cloudA);
    await harness.clock.advance(30_000);
    await harness.until(() => harness.logged('removed leaked image') === 1);

    expect(before).toContain(leaked);
    expect(await harness.cloudImages(cloudA)).toEqual([harness.uploads()[0]?.externalId]);
  });
});
