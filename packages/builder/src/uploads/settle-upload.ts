import type { UploadedImage } from '@nodepool/driver-api';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { deadline, type Logger } from '@nodepool/runtime';
import type { Stored, UploadChange, UploadKey, WorkLock } from '@nodepool/store';
import { removeCloudImage } from '../cloud-image.js';
import type { BuilderContext } from '../context.js';
import { BuilderError } from '../errors.js';
import { uploadKey } from '../records.js';
import { settle } from '../settle.js';
import type { UploadOrder } from './order.js';

/** How long the end of an upload that failed may take to be recorded, milliseconds. */
const farewellMs = 5_000;

/** What a failure of ours may fill on a record, characters. */
const reasonLimit = 500;

/** Fields of a record that say what is in the cloud. */
export function imageFields(
  image: UploadedImage | undefined,
  format: string,
): Pick<ImageUpload, 'externalId' | 'externalName' | 'format'> {
  return image === undefined
    ? { externalId: null, externalName: null, format: null }
    : { externalId: image.externalId, externalName: image.externalName, format };
}

/**
 * Makes an upload `ready`: launchers see the image from then on. The write stands only while the build is as it is
 * known to be: hours have passed, and somebody may have taken the build back.
 *
 * @returns false when the lock or the record is lost, or the build is no longer wanted.
 */
export async function recordReady(
  context: BuilderContext,
  { images }: UploadOrder,
  seen: Stored<ImageUpload>,
  image: UploadedImage,
  lock: WorkLock,
  signal: AbortSignal,
): Promise<boolean> {
  const key = uploadKey(seen.record);
  const change = { state: 'ready', ...imageFields(image, images.format) } as const;
  return settleUpload(context, seen, change.state, signal, async (current) => {
    const build = await wantedBuild(context, key);
    return context.store.images.updateUpload(current, change, lock, build);
  });
}

/**
 * The build as the cache has it: where that is out of date the write is refused, and made again.
 *
 * @throws NP_UPLOAD_UNWANTED.
 */
async function wantedBuild({ cache, store }: BuilderContext, key: UploadKey): Promise<Stored<ImageBuild>> {
  const held = await store.images.heldBack(key.image);
  const build = [...cache.builds(key.image)].find(({ record }) => record.id === key.buildId);
  if (build?.record.state === 'ready' && held.get(key.provider)?.has(key.buildId) !== true) return build;
  throw new BuilderError('NP_UPLOAD_UNWANTED', `the build ${key.image}-${key.buildId} was deleted or taken back`);
}

/**
 * Records a failure and removes what it left in the cloud. Whether the record had become `ready` after all, its answer
 * lost, is decided by a conditional write: only then may the image in the cloud stay.
 */
export async function recordFailure(
  context: BuilderContext,
  { images }: UploadOrder,
  seen: Stored<ImageUpload>,
  leftover: UploadedImage | undefined,
  reason: string,
  log: Logger,
): Promise<'failed' | 'was-ready'> {
  using limit = deadline(context.clock, farewellMs);
  try {
    const owner = { username: null, pythonPath: null, shellType: null };
    const failureReason = reason.slice(0, reasonLimit);
    const change = { state: 'failed', ...owner, failureReason, ...imageFields(leftover, images.format) } as const;
    const stored = await settleUpload(context, seen, change.state, limit.signal, (current) =>
      context.store.images.updateUpload(current, change),
    );
    if (leftover === undefined) return 'failed';
    const fresh = await context.store.images.upload(uploadKey(seen.record));
    if (fresh?.record.state === 'ready') return 'was-ready';
    const removed = await removeCloudImage(context, images, leftover.externalId, log);
    // Otherwise the external id stays on the record, and retention goes on trying.
    if (removed && stored && fresh !== undefined) {
      await context.store.images.updateUpload(fresh, imageFields(undefined, images.format));
    }
  } catch (error) {
    log.warn({ error }, 'failed upload was left to the cleanup');
    context.suspectLeak();
  }
  return 'failed';
}

async function settleUpload(
  context: BuilderContext,
  seen: Stored<ImageUpload>,
  to: NonNullable<UploadChange['state']>,
  signal: AbortSignal,
  write: (current: Stored<ImageUpload>) => Promise<Stored<ImageUpload>>,
): Promise<boolean> {
  const read = () => context.store.images.upload(uploadKey(seen.record));
  return settle({ seen, from: 'uploading', to, write, read }, context, signal);
}
