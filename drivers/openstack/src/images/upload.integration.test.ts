import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { tagKeys } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { openImages } from './testing/open-images.js';

const never = new AbortController().signal;
const putsOf = (calls: readonly string[]): number => calls.filter((call) => /^PUT .*file$/.test(call)).length;

describe('an upload', () => {
  it('makes an active image of the file, with properties as openstacksdk sets them', async () => {
    await using images = await openImages();
    const md5 = createHash('md5')
      .update(await readFile(images.path))
      .digest('hex');

    const uploaded = await images.upload({ md5, sha256: 'b'.repeat(64) });

    expect(uploaded.externalName).toBe('debian-1700000000');
    expect(images.cloud.state.images.get(uploaded.externalId)).toMatchObject({
      name: 'debian-1700000000',
      status: 'active',
      visibility: 'private',
      disk_format: 'qcow2',
      container_format: 'bare',
      checksum: md5,
      nodepool_build_id: 'b1',
      nodepool_upload_id: '0000000001',
      nodepool_provider_name: 'local',
      'owner_specified.openstack.md5': md5,
      'owner_specified.openstack.sha256': 'b'.repeat(64),
      'owner_specified.openstack.object': 'images/debian-1700000000',
    });
  });

  it('takes four calls: what is there, the record, the data, the proof', async () => {
    await using images = await openImages();

    const { externalId } = await images.upload();

    expect(images.cloud.calls).toEqual([
      'GET /images',
      'POST /images',
      `PUT /images/${externalId}/file`,
      `GET /images/${externalId}`,
    ]);
  });

  it('is protected only when it is whole', async () => {
    await using images = await openImages();
    const meta = { ...images.spec().meta, protected: 'true' };
    const wrong = { status: 413, body: { message: 'the quota is exceeded' } };
    images.cloud.planNext('PUT /images/*/file', { answer: wrong, afterBytes: 1_000_000 });

    await expect(images.upload({ meta })).rejects.toMatchObject({ code: 'quota' });
    const left = images.cloud.state.images.size;
    const { externalId } = await images.upload({ meta });

    expect(left).toBe(0);
    expect(images.cloud.state.images.get(externalId)).toMatchObject({ protected: true, status: 'active' });
  });

  it('tells of its progress, up to the size of the file', async () => {
    await using images = await openImages();
    const seen: number[] = [];

    await images.store.upload(images.spec(), {
      signal: never,
      log: images.log,
      onProgress: (bytes) => seen.push(bytes),
    });

    expect(seen).toEqual([1_048_576, 2_097_152, 3_000_000]);
  });

  it.each<[string, object]>([
    ['of the data', { os_hash_value: 'c'.repeat(128) }],
    ['that is md5', { os_hash_algo: null, os_hash_value: null, checksum: 'c'.repeat(32) }],
    ['of the size', { size: 17 }],
  ])('fails and removes the image when the cloud tells another checksum: %s', async (_, change) => {
    await using images = await openImages();
    images.cloud.planNext('GET /images/*', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values()) Object.assign(image, change);
      },
    });

    await expect(images.upload()).rejects.toMatchObject({ code: 'transient', message: /is not the file/ });
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('fails when the file is not the one that the builder has hashed', async () => {
    await using images = await openImages();

    await expect(images.upload({ md5: 'd'.repeat(32) })).rejects.toThrow(/its md5 is .* instead of dddd/);
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('succeeds with a word where the cloud tells no checksum', async () => {
    await using images = await openImages();
    images.cloud.planNext('GET /images/*', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values()) Object.assign(image, { checksum: null, os_hash_value: null });
      },
    });

    await images.upload();

    expect(images.log.lines.map(({ message }) => message)).toContain(
      'image could not be verified: the cloud tells no checksum that is known here',
    );
  });

  it('waits until the image is active', async () => {
    await using images = await openImages();
    const status = (from: string, to: string) => ({
      meanwhile: ({ images: stored }: typeof images.cloud.state) => {
        for (const image of stored.values()) if (image.status === from) image.status = to;
      },
    });
    images.cloud.planNext('GET /images/*', status('active', 'saving'));
    images.cloud.planNext('GET /images/*', {});
    images.cloud.planNext('GET /images/*', status('saving', 'active'));

    const { externalId } = await images.upload();

    expect(images.cloud.calls.filter((call) => call === `GET /images/${externalId}`)).toHaveLength(3);
  });

  it('removes an image that the cloud has killed', async () => {
    await using images = await openImages();
    images.cloud.planNext('GET /images/*', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values()) image.status = 'killed';
      },
    });

    await expect(images.upload()).rejects.toThrow(/its status became killed/);
    expect(images.cloud.state.images.size).toBe(0);
  });

  it.each<[string, string]>([
    ['a file that is missing', '/nonexistent/debian.qcow2'],
    ['a file that is empty', 'empty'],
  ])('refuses %s before it asks the cloud', async (_, path) => {
    await using images = await openImages();
    const file = path === 'empty' ? `${images.path}.empty` : path;
    if (path === 'empty') await writeFile(file, '');

    await expect(images.upload({ path: file })).rejects.toMatchObject({ code: 'misconfigured' });
    expect(images.cloud.calls).toEqual([]);
  });
});

describe('an upload that is cut off', () => {
  it('sends the data again when the cloud has nothing of them', async () => {
    await using images = await openImages();
    images.cloud.planNext('PUT /images/*/file', { cut: 'early', afterBytes: 1_000_000 });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ status: 'active', size: 3_000_000 });
    expect(putsOf(images.cloud.calls)).toBe(2);
    expect(images.cloud.state.images.size).toBe(1);
  });

  it('waits for the cloud to notice', async () => {
    await using images = await openImages();
    images.cloud.state.looksUntilCutIsNoticed = 2;
    images.cloud.planNext('PUT /images/*/file', { cut: 'early', afterBytes: 1_000_000 });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ status: 'active', size: 3_000_000 });
  });

  it('keeps an image whose data had all arrived', async () => {
    await using images = await openImages();
    images.cloud.planNext('PUT /images/*/file', { cut: 'late' });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ status: 'active' });
    expect(putsOf(images.cloud.calls)).toBe(1);
  });

  it('removes an image that became active with half of the data', async () => {
    await using images = await openImages();
    images.cloud.planNext('PUT /images/*/file', { cut: 'early', afterBytes: 1_000_000 });
    images.cloud.planNext('GET /images/*', {
      meanwhile: ({ images: stored }) => {
        for (const image of stored.values()) Object.assign(image, { status: 'active', size: 1_000_000 });
      },
    });

    await expect(images.upload()).rejects.toThrow(/it has 1000000 bytes instead of 3000000/);
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('gives up after three times, and leaves nothing', async () => {
    await using images = await openImages();
    for (let times = 0; times < 3; times += 1) {
      images.cloud.planNext('PUT /images/*/file', { cut: 'early', afterBytes: 1_000_000 });
    }

    await expect(images.upload()).rejects.toMatchObject({ code: 'transient' });
    expect(putsOf(images.cloud.calls)).toBe(3);
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('signs in again when its token is revoked in the middle', async () => {
    await using images = await openImages();
    const unauthorised = {
      status: 401,
      body: { error: { code: 401, message: 'The request requires authentication' } },
    };
    images.cloud.planNext('PUT /images/*/file', { answer: unauthorised, afterBytes: 1_000_000 });

    const { externalId } = await images.upload();

    expect(images.cloud.state.images.get(externalId)).toMatchObject({ status: 'active', size: 3_000_000 });
    expect(images.cloud.tokens).toBe(2);
  });

  it('is a matter of quota when the cloud says that it is too large', async () => {
    await using images = await openImages();
    const answer = { status: 413, body: { message: 'Denying attempt to upload image because it exceeds the quota' } };
    images.cloud.planNext('PUT /images/*/file', { answer, afterBytes: 1_000_000 });

    await expect(images.upload()).rejects.toMatchObject({ code: 'quota' });
    expect(putsOf(images.cloud.calls)).toBe(1);
    expect(images.cloud.state.images.size).toBe(0);
  });

  it('removes the image when it is called off, although it is', async () => {
    await using images = await openImages();
    const caller = new AbortController();
    const started = images.store.upload(images.spec(), {
      signal: caller.signal,
      log: images.log,
      onProgress: () => caller.abort(new Error('stopping')),
    });

    await expect(started).rejects.toThrow('stopping');
    expect(images.cloud.state.images.size).toBe(0);
  });
});

describe('what an earlier upload has left', () => {
  const remains = async (status: string, uploadId: string) => {
    const images = await openImages();
    const { externalId } = await images.upload({
      meta: { ...images.spec().meta, [tagKeys.uploadId]: uploadId },
    });
    Object.assign(images.cloud.state.images.get(externalId) ?? {}, { status });
    return { images, externalId };
  };

  it('goes when it is not whole', async () => {
    const { images, externalId } = await remains('saving', '0000000000');
    await using _ = images;

    const uploaded = await images.upload();

    expect([...images.cloud.state.images.keys()]).toEqual([uploaded.externalId]);
    expect(uploaded.externalId).not.toBe(externalId);
  });

  it('stays when it is whole and of another upload', async () => {
    const { images, externalId } = await remains('active', '0000000000');
    await using _ = images;

    const uploaded = await images.upload();

    expect([...images.cloud.state.images.keys()]).toEqual([externalId, uploaded.externalId]);
  });

  it('is used when it is the image of this upload, and proved to be', async () => {
    const { images, externalId } = await remains('active', '0000000001');
    await using _ = images;
    const md5 = createHash('md5')
      .update(await readFile(images.path))
      .digest('hex');

    const uploaded = await images.upload({ md5 });

    expect(uploaded.externalId).toBe(externalId);
    expect(putsOf(images.cloud.calls)).toBe(1);
  });

  it('is found when the answer to its creation was lost', async () => {
    await using images = await openImages();
    images.cloud.planNext('POST /images', { cut: 'late' });

    const { externalId } = await images.upload();

    expect([...images.cloud.state.images.keys()]).toEqual([externalId]);
  });
});
