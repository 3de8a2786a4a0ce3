import type { WorkLock } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { slotText, uploadKey } from '../records.js';
import type { UploadAction } from './decide.js';
import type { UploadMetrics } from './metrics.js';
import type { UploadOrder } from './order.js';
import { runUpload } from './upload-job.js';
import { delayKey, stillWanted, uploadCircumstances } from './view.js';

/** Takes the lock of build and provider and starts the upload in the background, unless the reason for it is gone. */
export async function executeUpload(
  context: BuilderContext,
  metrics: UploadMetrics,
  action: UploadAction,
): Promise<void> {
  const { store, jobs, clock } = context;
  const lock = await store.images.lockUploads(action);
  if (lock === undefined) return;
  let started = false;
  try {
    const order = await currentOrder(context, action);
    if (order === undefined) return;
    const { image, buildId, provider } = action;
    const job = { image, buildId, provider, uploadId: null, startedAtMs: clock.now() };
    const progress = { phase: 'uploading', bytesSent: 0, bytesTotal: 0 } as const;
    started = jobs.uploads.start(slotText(image, buildId, provider), { ...job, ...progress }, (signal) =>
      runLocked(context, metrics, order, lock, signal),
    );
  } finally {
    if (!started) await lock.release();
  }
}

async function runLocked(
  context: BuilderContext,
  metrics: UploadMetrics,
  order: UploadOrder,
  lock: WorkLock,
  signal: AbortSignal,
): Promise<void> {
  const { build, provider, diskimage } = order;
  try {
    await removeRemains(context, order);
    await runUpload(context, metrics, order, lock, signal);
  } catch (error) {
    // Without a delay the end of the job would lead straight to the next one.
    const circumstances = uploadCircumstances(provider, diskimage, build.id);
    context.delays.uploads.failed(delayKey(build.image, provider.config.name), circumstances);
    throw error;
  } finally {
    await lock.release();
  }
}

/** Reads everything again under the lock; undefined when there is nothing left to do. */
async function currentOrder(context: BuilderContext, action: UploadAction): Promise<UploadOrder | undefined> {
  const { image, buildId } = action;
  const config = context.config.current();
  const provider = (await context.providers.resolve(config, () => false)).get(action.provider);
  const diskimage = config.diskimages.get(image);
  if (diskimage === undefined || !stillWanted(provider, image)) return undefined;
  const entry = provider.config.diskimages.find(({ name }) => name === image);
  const [build, uploads] = await Promise.all([
    context.store.images.build({ image, buildId }),
    context.store.images.uploads(image, buildId, action.provider),
  ]);
  const earlier = uploads.map(({ record }) => record).filter((upload) => upload.provider === action.provider);
  const uploaded = earlier.some(({ state }) => state === 'ready');
  const { provider: cloud, images } = provider;
  if (build?.record.state !== 'ready' || uploaded) return undefined;
  if (entry === undefined || cloud === undefined || images === undefined) return undefined;
  const abandoned = earlier.filter(({ state }) => state === 'uploading');
  return { build: build.record, diskimage, provider, cloud, images, entry, abandoned };
}

/** Nobody else uploads while we hold the lock: what says `uploading` was left by a builder that died. */
async function removeRemains(context: BuilderContext, { abandoned }: UploadOrder): Promise<void> {
  for (const upload of abandoned) {
    await context.store.images.removeUpload(uploadKey(upload));
    context.suspectLeak();
    context.log.info(
      { image: upload.image, provider: upload.provider, upload: upload.id },
      'removed abandoned upload record',
    );
  }
}
