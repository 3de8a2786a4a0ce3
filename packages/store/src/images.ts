import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { isZooKeeperError, type MultiOp, tryLock } from '@nodepool/zookeeper';
import { buildCodec } from './codec/build.js';
import { type Codec, isUnreadable } from './codec/record.js';
import { uploadCodec } from './codec/upload.js';
import { StoreError } from './errors.js';
import { openHeldBack } from './held-back.js';
import { openImageFlags } from './image-flags.js';
import { ImageWrites } from './image-writes.js';
import { throughLosses } from './losses.js';
import { lockOptions, type RecordStoreOptions } from './options.js';
import {
  baseName,
  buildPath,
  buildsPath,
  imageLockPath,
  isZnodeName,
  lockName,
  parseImagePath,
  providerPath,
  providersPath,
  roots,
  uploadPath,
  uploadsLockPath,
  uploadsPath,
} from './paths.js';
import { childNames, ifPresent, mapBounded, read, readRecord } from './records.js';
import type { BuildKey, ImageStore, Stored, UnreadableRecord, UploadKey, WorkLock } from './types.js';
import { StoreWorkLock } from './work-lock.js';

export function openImageStore(options: RecordStoreOptions): ImageStore {
  const { writer } = options;
  const { zk } = writer;
  const builds = new ImageWrites(options, buildCodec);
  const uploads = new ImageWrites(options, uploadCodec);

  return {
    ...openImageFlags(writer),
    ...openHeldBack(writer),
    images: () => childNames(zk, roots.images),
    builds: async (image) => readAll(options, buildCodec, await buildPaths(options, image)),
    build: async (key) => (isBuildKey(key) ? readRecord(zk, buildCodec, buildPath(key)) : undefined),
    uploads: async (image, buildId, provider) =>
      readAll(options, uploadCodec, await uploadPaths(options, image, buildId, provider)),
    unreadable: (image) => findUnreadable(options, image),
    upload: async (key) => (isUploadKey(key) ? readRecord(zk, uploadCodec, uploadPath(key)) : undefined),

    lockImage: async (image) => {
      const handle = await tryLock(zk, imageLockPath(image), { ...lockOptions(options), ensure: 'parents' });
      return handle === undefined ? undefined : new StoreWorkLock(zk, handle);
    },
    isImageLocked: (image) => hasContenders(options, imageLockPath(image)),
    lockUploads: (key) => lockUploads(options, key),
    areUploadsLocked: (key) => hasContenders(options, uploadsLockPath(key)),

    createBuild: ({ id, image, ...stated }, lock) => builds.create(buildsPath(image), id, stated, lock),
    updateBuild: (seen, change, lock) => builds.update(buildPath(keyOfBuild(seen.record)), seen, change, lock),
    createUpload: ({ image, buildId, provider, ...stated }, lock) =>
      uploads.create(uploadsPath({ image, buildId, provider }), '', stated, lock),
    updateUpload: (seen, change, lock, build) =>
      uploads.update(uploadPath(keyOfUpload(seen.record)), seen, change, lock, build && guardOf(build)),

    removeBuild: (key) => removeBuild(options, builds, key),
    markBuildDeleting: async (key) => isBuildKey(key) && builds.markDeleting(buildPath(key)),
    markUploadDeleting: async (key) => isUploadKey(key) && uploads.markDeleting(uploadPath(key)),
    removeUpload: (key) => removeUpload(options, uploads, key),
    eraseProvider: (provider) => eraseProvider(options, provider),
  };
}

function guardOf({ record, version }: Stored<ImageBuild>): MultiOp {
  return { op: 'check', path: buildPath(keyOfBuild(record)), version };
}

function isBuildKey({ image, buildId }: BuildKey): boolean {
  return isZnodeName(image) && isZnodeName(buildId);
}

function isUploadKey(key: UploadKey): boolean {
  return isBuildKey(key) && isZnodeName(key.provider) && isZnodeName(key.uploadId);
}

function keyOfBuild({ image, id }: ImageBuild): BuildKey {
  return { image, buildId: id };
}

function keyOfUpload({ image, buildId, provider, id }: ImageUpload): UploadKey {
  return { image, buildId, provider, uploadId: id };
}

/** Those that can be read, in the order of `paths`. */
async function readAll<T, S extends object>(
  { writer }: RecordStoreOptions,
  codec: Codec<T, S>,
  paths: readonly string[],
): Promise<readonly Stored<T>[]> {
  const found = await mapBounded(paths, (path) => read(writer.zk, codec, path));
  return found.filter((entry) => entry !== undefined && !isUnreadable(entry)) as readonly Stored<T>[];
}

async function findUnreadable(options: RecordStoreOptions, image: string): Promise<readonly UnreadableRecord[]> {
  const { zk } = options.writer;
  const [builds, uploads] = await Promise.all([buildPaths(options, image), uploadPaths(options, image)]);
  const found = await Promise.all([
    mapBounded(builds, (path) => read(zk, buildCodec, path)),
    mapBounded(uploads, (path) => read(zk, uploadCodec, path)),
  ]);
  return found.flat().filter((entry) => entry !== undefined && isUnreadable(entry)) as readonly UnreadableRecord[];
}

async function buildPaths({ writer }: RecordStoreOptions, image: string): Promise<readonly string[]> {
  const ids = isZnodeName(image) ? await childNames(writer.zk, buildsPath(image)) : [];
  return ids.map((buildId) => buildPath({ image, buildId }));
}

async function uploadPaths(
  options: RecordStoreOptions,
  image: string,
  buildId?: string,
  provider?: string,
): Promise<readonly string[]> {
  const { zk } = options.writer;
  if (![image, buildId, provider].every((name) => name === undefined || isZnodeName(name))) return [];
  const buildIds = buildId === undefined ? await childNames(zk, buildsPath(image)) : [buildId];
  const places = await mapBounded(buildIds, async (id) => {
    const providers = provider === undefined ? await childNames(zk, providersPath({ image, buildId: id })) : [provider];
    return providers.map((name) => ({ image, buildId: id, provider: name }));
  });
  const paths = await mapBounded(places.flat(), async (place) => {
    const ids = await childNames(zk, uploadsPath(place));
    return ids.map((uploadId) => uploadPath({ ...place, uploadId }));
  });
  return paths.flat();
}

async function hasContenders({ writer: { zk } }: RecordStoreOptions, path: string): Promise<boolean> {
  const stat = await throughLosses(zk, () => zk.exists(path));
  return (stat?.numChildren ?? 0) > 0;
}

/** Makes what is missing below the build, but never the build itself: undefined when that is gone. */
async function lockUploads(
  options: RecordStoreOptions,
  key: BuildKey & { readonly provider: string },
): Promise<WorkLock | undefined> {
  const { zk } = options.writer;
  if (!isBuildKey(key) || !isZnodeName(key.provider)) return undefined;
  const missing = [providersPath(key), providerPath(key), uploadsPath(key)];
  const handle = await ifPresent(
    throughLosses(zk, async () => {
      await createStructures(options, missing);
      return tryLock(zk, uploadsLockPath(key), { ...lockOptions(options), ensure: 'last' });
    }),
  );
  return handle === undefined ? undefined : new StoreWorkLock(zk, handle);
}

/** In one request where only the first is there, as for every provider of a build but the first. */
async function createStructures(options: RecordStoreOptions, paths: readonly string[]): Promise<void> {
  const creates = paths.slice(1).map((path): MultiOp => ({ op: 'create', path, data: Buffer.alloc(0) }));
  try {
    await options.writer.zk.multi(creates);
  } catch (error) {
    if (!isZooKeeperError(error, 'ZK_NODE_EXISTS', 'ZK_NO_NODE')) throw error;
    await Promise.all(paths.map((path) => createStructure(options, path)));
  }
}

async function createStructure({ writer: { zk } }: RecordStoreOptions, path: string): Promise<void> {
  try {
    await zk.create(path, Buffer.alloc(0));
  } catch (error) {
    if (!isZooKeeperError(error, 'ZK_NODE_EXISTS')) throw error;
  }
}

async function removeUpload(
  options: RecordStoreOptions,
  uploads: ImageWrites<ImageUpload, Omit<ImageUpload, 'id' | 'image' | 'buildId' | 'provider'>>,
  key: UploadKey,
): Promise<boolean> {
  const { zk } = options.writer;
  const path = uploadPath(key);
  const removed = await uploads.underOwnLock(path, async (handle) => {
    await uploads.removeLock(
      handle,
      path,
      [],
      [
        { op: 'delete', path: `${path}/${lockName}` },
        { op: 'delete', path },
      ],
    );
    return true;
  });
  return removed || (await throughLosses(zk, () => zk.exists(path))) === undefined;
}

/** All of it in one step, so that an upload record which appears meanwhile keeps the build alive. */
async function removeBuild(
  options: RecordStoreOptions,
  builds: ImageWrites<ImageBuild, Omit<ImageBuild, 'id' | 'image'>>,
  key: BuildKey,
): Promise<void> {
  const { zk } = options.writer;
  const path = buildPath(key);
  const removed = await builds.underOwnLock(path, async (handle) => {
    const tree = (await descendants(options, path)).filter((below) => below !== handle.child);
    if (tree.some(isInUse)) throw new StoreError('NP_CONFLICT', `removing ${path}`);
    const deletes = [...tree, path].map((below): MultiOp => ({ op: 'delete', path: below }));
    await builds.removeLock(handle, path, [], deletes);
    return true;
  });
  if (!removed && (await throughLosses(zk, () => zk.exists(path))) !== undefined) {
    throw new StoreError('NP_CONFLICT', `removing ${path}`);
  }
}

/** Upload records, and contenders for any lock. */
function isInUse(path: string): boolean {
  const directory = path.slice(0, path.lastIndexOf('/'));
  return parseImagePath(path)?.kind === 'upload' || baseName(directory) === lockName;
}

/** Everything below `path`, children before their parents. */
async function descendants(options: RecordStoreOptions, path: string): Promise<readonly string[]> {
  const { zk } = options.writer;
  const listed = await ifPresent(throughLosses(zk, () => zk.children(path)));
  const children = (listed?.children ?? []).map((name) => `${path}/${name}`);
  const below = await Promise.all(children.map((child) => descendants(options, child)));
  return children.flatMap((child, index) => [...(below[index] ?? []), child]);
}

async function eraseProvider(options: RecordStoreOptions, provider: string): Promise<void> {
  const { writer } = options;
  if (!isZnodeName(provider)) return;
  const images = await childNames(writer.zk, roots.images);
  const keys = await mapBounded(images, async (image) => {
    const ids = await childNames(writer.zk, buildsPath(image));
    return ids.map((buildId) => providerPath({ image, buildId, provider }));
  });
  await mapBounded(keys.flat(), (path) => throughLosses(writer.zk, () => writer.zk.deleteRecursive(path)));
}
