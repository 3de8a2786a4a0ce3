import { join } from 'node:path';
import type { DiskimageConfig } from '@nodepool/config';
import type { ImageStore, ProviderDiskimage, UploadedImage } from '@nodepool/driver-api';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { deadline, errorText, type Logger, nowSec } from '@nodepool/runtime';
import type { Stored, UploadChange, UploadKey, WorkLock } from '@nodepool/store';
import { removeCloudImage } from '../cloud-image.js';
import type { BuilderContext } from '../context.js';
import { bytesOnDisk } from '../files/build-files.js';
import { readChecksums } from '../files/checksums.js';
import type { ImageProvider } from '../image-providers.js';
import { slotText, uploadKey } from '../records.js';
import { settle } from '../settle.js';
import { runHook } from './hook.js';
import type { UploadMetrics } from './metrics.js';
import { externalImageName, imageProperties } from './naming.js';
import { delayKey, uploadCircumstances } from './view.js';

/** What is uploaded where, as read under the lock. */
export interface UploadOrder {
  readonly build: ImageBuild;
  readonly diskimage: DiskimageConfig;
  readonly provider: ImageProvider;
  readonly images: ImageStore;
  readonly entry: ProviderDiskimage;
  /** Records that an earlier upload left when its builder died. */
  readonly abandoned: readonly ImageUpload[];
}

/** How long the end of an upload that failed may take to be recorded, milliseconds. */
const farewellMs = 5_000;

/** Uploads a build under the lock of its provider and records the result. */
export async function runUpload(
  context: BuilderContext,
  metrics: UploadMetrics,
  order: UploadOrder,
  lock: WorkLock,
  signal: AbortSignal,
): Promise<void> {
  const { build, diskimage, provider } = order;
  const { image } = build;
  const { name } = provider.config;
  const slot = slotText(image, build.id, name);
  const seen = await createRecord(context, order, lock);
  const key = uploadKey(seen.record);
  context.jobs.uploads.update(slot, { uploadId: key.uploadId });
  const log = context.log.child({ image, provider: name, build: `${image}-${build.id}`, upload: key.uploadId });
  log.info({}, 'started upload');
  const startedMs = context.clock.monotonicMs();
  const delay = delayKey(image, name);
  const end = await carryOut(context, order, seen, lock, log, signal);
  const durationMs = context.clock.monotonicMs() - startedMs;
  if (end.ready || (await recordFailure(context, order, seen, end.leftover, log)) === 'was-ready') {
    log.info({ durationMs: Math.round(durationMs) }, 'finished upload');
    context.delays.uploads.succeeded(delay);
    metrics.succeeded(image, name, durationMs);
    return;
  }
  if (end.leftover === undefined) context.suspectLeak();
  const circumstances = uploadCircumstances(provider, diskimage, build.id);
  const retryInMs = signal.aborted ? undefined : context.delays.uploads.failed(delay, circumstances);
  log.warn({ error: errorText(end.error), retryInMs }, 'upload failed');
  metrics.failed(image, name);
}

type UploadEnd =
  | { readonly ready: true }
  | { readonly ready: false; readonly error: unknown; readonly leftover: UploadedImage | undefined };

async function createRecord(
  { store }: BuilderContext,
  { build, provider }: UploadOrder,
  lock: WorkLock,
): Promise<Stored<ImageUpload>> {
  return store.images.createUpload(
    {
      image: build.image,
      buildId: build.id,
      provider: provider.config.name,
      state: 'uploading',
      externalId: null,
      externalName: null,
      format: null,
      username: build.username,
      pythonPath: build.pythonPath,
      shellType: build.shellType,
      failureReason: null,
    },
    lock,
  );
}

async function carryOut(
  context: BuilderContext,
  order: UploadOrder,
  seen: Stored<ImageUpload>,
  lock: WorkLock,
  log: Logger,
  signal: AbortSignal,
): Promise<UploadEnd> {
  const { format } = order.images;
  const key = uploadKey(seen.record);
  const path = join(context.imagesDir.path, `${key.image}-${key.buildId}.${format}`);
  const held = AbortSignal.any([signal, lock.signal]);
  let leftover: UploadedImage | undefined;
  try {
    leftover = await sendImage(context, order, key, path, held, log);
    await runConfiguredHook(context, order, leftover, path, held, log);
    if (!(await lock.verify())) throw new Error('the lock of the upload was lost');
    // Launchers see the image from here on.
    const change = { state: 'ready', ...imageFields(leftover, format) } as const;
    if (await settleUpload(context, seen, change, lock, held)) return { ready: true };
    throw new Error('the lock or the record of the upload was lost');
  } catch (error) {
    return { ready: false, error, leftover };
  }
}

function imageFields(
  image: UploadedImage | undefined,
  format: string,
): Pick<ImageUpload, 'externalId' | 'externalName' | 'format'> {
  return image === undefined
    ? { externalId: null, externalName: null, format: null }
    : { externalId: image.externalId, externalName: image.externalName, format };
}

async function sendImage(
  context: BuilderContext,
  { images, diskimage, entry, provider }: UploadOrder,
  key: UploadKey,
  path: string,
  signal: AbortSignal,
  log: Logger,
): Promise<UploadedImage> {
  if ((await bytesOnDisk(path)) === undefined) throw new Error(`image file ${path} is missing or empty`);
  const { imageNameFormat, imageUploadTimeoutMs } = provider.config;
  const slot = slotText(key.image, key.buildId, key.provider);
  using limit = deadline(context.clock, imageUploadTimeoutMs, signal);
  // Without `await` the deadline would end with this function, not with the upload.
  return await images.upload(
    {
      imageName: key.image,
      externalName: externalImageName(imageNameFormat, key, nowSec(context.clock)),
      path,
      format: images.format,
      ...(await readChecksums(path)),
      meta: imageProperties(diskimage, entry, key),
      config: entry,
    },
    {
      signal: limit.signal,
      log,
      onProgress: (bytesSent) => context.jobs.uploads.update(slot, { bytesSent }),
    },
  );
}

async function runConfiguredHook(
  { clock, limits }: BuilderContext,
  { provider }: UploadOrder,
  { externalId }: UploadedImage,
  file: string,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const { postUploadHook, imageUploadTimeoutMs, name } = provider.config;
  if (postUploadHook === undefined) return;
  await runHook(
    {
      hook: postUploadHook,
      provider: name,
      externalId,
      file,
      timeoutMs: imageUploadTimeoutMs,
      graceMs: limits.killGraceMs,
      clock,
      log,
    },
    signal,
  );
}

/**
 * Records a failure and removes what it left in the cloud. Whether the record had become `ready` after all, its answer
 * lost, is decided by a conditional write: only then may the image in the cloud stay.
 */
async function recordFailure(
  context: BuilderContext,
  { images }: UploadOrder,
  seen: Stored<ImageUpload>,
  leftover: UploadedImage | undefined,
  log: Logger,
): Promise<'failed' | 'was-ready'> {
  using limit = deadline(context.clock, farewellMs);
  try {
    const owner = { username: null, pythonPath: null, shellType: null };
    const change = { state: 'failed', ...owner, ...imageFields(leftover, images.format) } as const;
    const stored = await settleUpload(context, seen, change, undefined, limit.signal);
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
  }
  return 'failed';
}

async function settleUpload(
  context: BuilderContext,
  seen: Stored<ImageUpload>,
  change: UploadChange & { readonly state: ImageUpload['state'] },
  lock: WorkLock | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const { images } = context.store;
  return settle(
    {
      seen,
      from: 'uploading',
      to: change.state,
      write: (current) => images.updateUpload(current, change, lock),
      read: () => images.upload(uploadKey(seen.record)),
    },
    context,
    signal,
  );
}
