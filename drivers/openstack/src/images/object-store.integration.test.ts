import { expect, it } from 'vitest';
import { FileSource } from './file-source.js';
import { ObjectStore } from './object-store.js';
import { type Images, openImages } from './testing/open-images.js';

const object = { container: 'images', name: 'debian-1' };
const segments = ['000000', '000001', '000002'].map((number) => `images/debian-1/${number}`);

async function put(images: Images): Promise<ObjectStore> {
  const store = new ObjectStore(images.session, 1_200_000);
  await using file = await FileSource.open(images.spec());
  await store.put(file, object, { signal: new AbortController().signal, log: images.log });
  return store;
}

it('stores a large file in segments, joined by a manifest that proves them', async () => {
  await using images = await openImages();

  await put(images);

  expect([...images.cloud.state.objects.keys()]).toEqual([...segments, 'images/debian-1']);
  expect(segments.map((key) => images.cloud.state.objects.get(key)?.bytes)).toEqual([1_200_000, 1_200_000, 600_000]);
  expect(images.cloud.state.objects.get('images/debian-1')?.headers).toMatchObject({ 'x-delete-after': '86400' });
});

it('joins the segments by their prefix where the store knows no static large objects', async () => {
  await using images = await openImages();
  images.cloud.state.hasStaticObjects = false;

  await put(images);

  expect(images.cloud.state.objects.get('images/debian-1')?.headers).toMatchObject({
    'x-object-manifest': 'images/debian-1/',
  });
});

it('removes an object with its segments, and no other', async () => {
  await using images = await openImages();
  const store = await put(images);
  images.cloud.state.objects.set('images/debian-10', { bytes: 1, etag: 'e', headers: {} });

  await store.remove(object, { signal: new AbortController().signal, log: images.log });

  expect([...images.cloud.state.objects.keys()]).toEqual(['images/debian-10']);
});
