import { type CloudImage, tagKeys } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { type Images, openImages } from './testing/open-images.js';

const signal = new AbortController().signal;

function put(images: Images, id: string, properties: object): void {
  const image = { id, name: id, status: 'active', size: 1, checksum: null, os_hash_algo: null, os_hash_value: null };
  images.cloud.state.images.set(id, { ...image, ...properties });
}

function cloudImage(change: Partial<CloudImage>): CloudImage {
  return {
    name: 'debian',
    imageId: undefined,
    imageName: undefined,
    username: null,
    pythonPath: 'auto',
    shellType: null,
    configDrive: undefined,
    connectionType: 'ssh',
    connectionPort: 22,
    ...change,
  };
}

describe('the list of images', () => {
  it('holds those of the project that carry the id of a build, over all pages', async () => {
    await using images = await openImages();
    for (const id of ['a', 'b', 'c']) put(images, id, { [tagKeys.buildId]: `build-${id}`, os_distro: 'debian' });
    put(images, 'd', {});
    put(images, 'e', { [tagKeys.buildId]: 'build-e', owner: 'somebody-else' });

    const listed = await images.store.list({ signal, log: images.log });

    expect(listed).toEqual([
      { externalId: 'a', name: 'a', tags: { nodepool_build_id: 'build-a' } },
      { externalId: 'b', name: 'b', tags: { nodepool_build_id: 'build-b' } },
      { externalId: 'c', name: 'c', tags: { nodepool_build_id: 'build-c' } },
    ]);
  });

  it('says whether what no record knows may be removed', async () => {
    await using careful = await openImages();
    await using thorough = await openImages({ settings: { cleanImages: true } });

    expect([careful.store.keepsUnknown, thorough.store.keepsUnknown]).toEqual([true, false]);
  });
});

describe('removing an image', () => {
  it('is proved by not-found', async () => {
    await using images = await openImages();
    put(images, 'a', {});

    await images.store.remove('a', { signal, log: images.log });

    await expect(images.store.remove('a', { signal, log: images.log })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is tried again later while the image is in use', async () => {
    await using images = await openImages();
    put(images, 'a', {});
    const answer = { status: 409, body: { message: 'Image a could not be deleted because it is in use' } };
    for (let times = 0; times < 10; times += 1) images.cloud.planNext('DELETE /images/*', { answer });

    await expect(images.store.remove('a', { signal, log: images.log })).rejects.toMatchObject({
      code: 'transient',
      message: expect.stringContaining('in use'),
    });
  });

  it('tells what to do when the image is protected', async () => {
    await using images = await openImages();
    put(images, 'a', { protected: true });

    await expect(images.store.remove('a', { signal, log: images.log })).rejects.toMatchObject({
      code: 'misconfigured',
      message: 'image a is protected and stays: openstack image set --unprotected a',
    });
  });
});

describe('a cloud image', () => {
  const uuid = '6f3c1f0e-5b0d-4a53-9a8b-0c1d2e3f4a5b';

  it.each<[string, boolean, Partial<CloudImage>]>([
    ['of the name of its entry', true, { name: 'debian-12' }],
    ['of a name', true, { imageName: 'debian-12' }],
    ['of an id', true, { imageId: uuid }],
    ['of an id that stands where a name should', true, { imageName: uuid }],
    ['of another name', false, { imageName: 'debian-13' }],
    ['of another id', false, { imageId: 'gone' }],
    ['that is not active', false, { imageName: 'debian-11' }],
  ])('%s: %s', async (_, expected, change) => {
    await using images = await openImages();
    put(images, uuid, { name: 'debian-12' });
    put(images, 'old', { name: 'debian-11', status: 'deactivated' });

    expect(await images.store.hasCloudImage?.(cloudImage(change), { signal, log: images.log })).toBe(expected);
  });

  it('is looked for once by all who ask', async () => {
    await using images = await openImages();
    put(images, uuid, { name: 'debian' });
    const ask = () => images.store.hasCloudImage?.(cloudImage({}), { signal, log: images.log });

    await Promise.all([ask(), ask()]);
    await ask();

    expect(images.cloud.calls).toEqual(['GET /images']);
  });

  it('is looked for again after an error', async () => {
    await using images = await openImages();
    put(images, uuid, { name: 'debian' });
    images.cloud.planNext('GET /images', { answer: { status: 403, body: { message: 'Forbidden' } } });
    const ask = () => images.store.hasCloudImage?.(cloudImage({}), { signal, log: images.log });

    await expect(ask()).rejects.toMatchObject({ code: 'misconfigured' });

    expect(await ask()).toBe(true);
  });
});
