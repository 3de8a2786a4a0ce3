import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { newestFirst } from '@nodepool/model';
import type { BuildKey, UploadKey } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import type { ImageRecords } from '../records.js';
import { keptCount } from './keep.js';

/**
 * The last look before something is given up, at the server. Not all records of the image are read but those on which
 * the answer hangs: what is to go, and the newest ones beside it. Two newer ready ones prove that it may go; whatever
 * else there is cannot take that away.
 */

/** An upload, its newest rivals in the same provider, and the builds of all of them. */
export async function readAroundUpload(
  { cache, store }: Pick<BuilderContext, 'cache' | 'store'>,
  key: UploadKey,
): Promise<ImageRecords> {
  const { image, provider } = key;
  const rivals = [...cache.uploads(image)]
    .map(({ record }) => record)
    .filter((upload) => upload.provider === provider && upload.state === 'ready')
    .filter((upload) => upload.buildId !== key.buildId || upload.id !== key.uploadId);
  const newest = newestFirst(rivals).slice(0, keptCount);
  const keys = [key, ...newest.map(({ buildId, id }) => ({ image, buildId, provider, uploadId: id }))];
  const buildIds = new Set(keys.map(({ buildId }) => buildId));
  const [uploads, builds] = await Promise.all([
    Promise.all(keys.map((one) => store.images.upload(one))),
    Promise.all([...buildIds].map((buildId) => store.images.build({ image, buildId }))),
  ]);
  return { image, builds: present<ImageBuild>(builds), uploads: present<ImageUpload>(uploads) };
}

/** A build, all its uploads, and the newest builds beside it. */
export async function readAroundBuild(
  { cache, store }: Pick<BuilderContext, 'cache' | 'store'>,
  { image, buildId }: BuildKey,
): Promise<ImageRecords> {
  const rivals = [...cache.builds(image)]
    .map(({ record }) => record)
    .filter(({ id, state }) => id !== buildId && state === 'ready');
  const ids = [
    buildId,
    ...newestFirst(rivals)
      .slice(0, keptCount)
      .map(({ id }) => id),
  ];
  const [builds, uploads] = await Promise.all([
    Promise.all(ids.map((id) => store.images.build({ image, buildId: id }))),
    store.images.uploads(image, buildId),
  ]);
  return { image, builds: present<ImageBuild>(builds), uploads: uploads.map(({ record }) => record) };
}

function present<T>(found: readonly ({ readonly record: T } | undefined)[]): readonly T[] {
  return found.flatMap((one) => (one === undefined ? [] : [one.record]));
}
