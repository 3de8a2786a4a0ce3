import { join } from 'node:path';
import type { UploadedImage } from '@nodepool/driver-api';
import type { ImageUpload } from '@nodepool/model';
import { errorCode, errorText, type Logger } from '@nodepool/runtime';
import type { Stored, WorkLock } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { startImageSpan, traceFields } from '../image-trace.js';
import { slotText, uploadKey } from '../records.js';
import type { UploadMetrics } from './metrics.js';
import type { StartedUpload, UploadOrder } from './order.js';
import { runConfiguredHook, sendImage } from './send.js';
import { recordFailure, recordReady } from './settle-upload.js';
import { validateUpload } from './validate.js';
import { delayKey, uploadCircumstances } from './view.js';

/** Uploads a build under the lock of its provider and records the result. */
export async function runUpload(
  context: BuilderContext,
  metrics: UploadMetrics,
  order: UploadOrder,
  lock: WorkLock,
  signal: AbortSignal,
): Promise<void> {
  const { build, provider } = order;
  const { image } = build;
  const { name } = provider.config;
  const seen = await createRecord(context, order, lock);
  const key = uploadKey(seen.record);
  context.jobs.uploads.update(slotText(image, build.id, name), { uploadId: key.uploadId });
  const attributes = { 'nodepool.provider': name, 'nodepool.upload': key.uploadId };
  const span = startImageSpan(context.tracer, 'image upload', key, attributes);
  const fields = { image, provider: name, build: `${image}-${build.id}`, upload: key.uploadId };
  const log = context.log.child({ ...fields, ...traceFields(span) });
  log.info({}, 'started upload');
  const startedMs = context.clock.monotonicMs();
  const end = await carryOut(context, metrics, { ...order, span }, seen, lock, log, signal);
  span.end(end.ready ? undefined : end.error);
  const durationMs = context.clock.monotonicMs() - startedMs;
  if (end.ready || (await failed(context, order, seen, end, log)) === 'was-ready') {
    log.info({ durationMs: Math.round(durationMs) }, 'finished upload');
    context.delays.uploads.succeeded(delayKey(image, name));
    context.delays.gates.succeeded(delayKey(image, name));
    metrics.succeeded(image, name, durationMs);
    context.history.tell('upload-ready', key);
    return;
  }
  if (end.leftover === undefined) context.suspectLeak();
  const retryInMs = signal.aborted ? undefined : delayNext(context, order, end.error);
  log.warn({ error: errorText(end.error), retryInMs }, 'upload failed');
  metrics.failed(image, name);
  context.history.tell('upload-failed', key, errorText(end.error));
}

/** An image that was refused is bad for longer than a cloud that does not answer. */
function delayNext({ delays }: BuilderContext, { build, provider, diskimage }: UploadOrder, error: unknown): number {
  const isRefused = errorCode(error) === 'NP_GATE_REFUSED';
  const circumstances = uploadCircumstances(provider, diskimage, build.id);
  return (isRefused ? delays.gates : delays.uploads).failed(delayKey(build.image, provider.config.name), circumstances);
}

interface UploadFailure {
  readonly ready: false;
  readonly error: unknown;
  readonly leftover: UploadedImage | undefined;
}

type UploadEnd = { readonly ready: true } | UploadFailure;

function failed(
  context: BuilderContext,
  order: UploadOrder,
  seen: Stored<ImageUpload>,
  { error, leftover }: UploadFailure,
  log: Logger,
): Promise<'failed' | 'was-ready'> {
  return recordFailure(context, order, seen, leftover, errorText(error), log);
}

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
  metrics: UploadMetrics,
  order: StartedUpload,
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
    await runConfiguredHook(context, order, key, leftover, path, held, log);
    held.throwIfAborted();
    await validateUpload(context, metrics.gate, order, key, leftover, log, held);
    if (await recordReady(context, order, seen, leftover, lock, held)) return { ready: true };
    throw new Error('the lock, the record or the build of the upload was lost');
  } catch (error) {
    return { ready: false, error, leftover };
  }
}
