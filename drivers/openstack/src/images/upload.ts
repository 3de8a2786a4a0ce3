import { basename } from 'node:path';
import {
  type CallContext,
  type ImageUploadSpec,
  ProviderError,
  providerErrorCode,
  tagKeys,
} from '@nodepool/driver-api';
import type { JsonObject } from '@nodepool/model';
import { decideReadiness } from './decide.js';
import type { FileSource } from './file-source.js';
import type { CreatedImage, Glance } from './glance.js';
import type { GlanceImage } from './image.js';
import { importData } from './import-data.js';
import { importByTask, type TaskDeps } from './import-task.js';
import { poll } from './poll.js';
import { discardUpload, imagesOfSlot, imagesOfUpload, removeQuietly } from './remains.js';
import { type Sent, sendData } from './send-data.js';
import type { ImageSettings } from './settings.js';
import { verifyContent } from './verify.js';

export interface UploadDeps extends TaskDeps {
  readonly settings: ImageSettings;
  readonly useTasks: boolean;
}

export interface UploadOrder {
  readonly spec: ImageUploadSpec;
  readonly file: FileSource;
  readonly record: JsonObject;
}

/**
 * Makes an image of a file and waits until it can be used. Whatever goes wrong, the cloud is left without it.
 *
 * @returns the id of the image.
 */
export async function uploadImage(deps: UploadDeps, order: UploadOrder, ctx: CallContext): Promise<string> {
  const { spec, record } = order;
  const earlier = await clearRemains(deps.glance, order, ctx);
  if (earlier !== undefined) return earlier.id;
  let id: string | undefined;
  try {
    if (deps.useTasks) {
      return await importByTask(
        deps,
        order,
        (created) => {
          id = created;
        },
        ctx,
      );
    }
    // A protected image could not be removed, should the upload fail.
    const { protected: isProtected, ...unprotected } = record;
    const created = await createImage(deps.glance, spec, unprotected, ctx);
    id = created.image.id;
    const sent = await bringData(deps, created, order, ctx);
    await verify(await untilActive(deps, id, ctx), sent, order, ctx);
    if (isProtected === true) await deps.glance.update(id, { protected: true }, ctx);
    return id;
  } catch (error) {
    await discardUpload(deps, spec, id, ctx);
    throw error;
  }
}

/**
 * Nobody else uploads a build to a provider at the same time: what is there and is not whole, an earlier upload has left.
 *
 * @returns the image of this very upload, when an earlier call has completed it.
 */
async function clearRemains(
  glance: Glance,
  { spec, file }: UploadOrder,
  ctx: CallContext,
): Promise<GlanceImage | undefined> {
  let whole: GlanceImage | undefined;
  for (const image of await imagesOfSlot(glance, spec, ctx)) {
    const isOfThisUpload = image[tagKeys.uploadId] === spec.meta[tagKeys.uploadId];
    if (image.status === 'active' && isOfThisUpload && verifyContent(image, file.known).kind === 'same') {
      whole = image;
    } else if (image.status !== 'active' || isOfThisUpload) {
      await removeQuietly(glance, image.id, ctx);
      ctx.log.info({ externalId: image.id, status: image.status }, 'removed what an earlier upload had left');
    }
  }
  return whole;
}

/** When the answer is lost, the image is looked for by its tags: a second one must not come to be. */
async function createImage(
  glance: Glance,
  spec: ImageUploadSpec,
  record: JsonObject,
  ctx: CallContext,
): Promise<CreatedImage> {
  try {
    return await glance.create(record, ctx);
  } catch (error) {
    if (ctx.signal.aborted || providerErrorCode(error) !== 'transient') throw error;
    const [image] = await imagesOfUpload(glance, spec, ctx);
    if (image?.status !== 'queued') throw error;
    return { image, importMethods: [] };
  }
}

async function bringData(
  deps: UploadDeps,
  { image: { id }, importMethods }: CreatedImage,
  { spec, file }: UploadOrder,
  ctx: CallContext,
): Promise<Sent> {
  const { imageImportMethod, imageImportUrl } = deps.settings;
  if (imageImportMethod === 'web-download') {
    const uri = `${imageImportUrl?.replace(/\/$/, '')}/${encodeURIComponent(basename(spec.path))}`;
    await importData(deps, id, { name: 'web-download', uri }, ctx);
    // A file that was not sent has not been read yet.
    if (spec.md5 === undefined) await file.hash(ctx.signal);
    return 'sent';
  }
  if (imageImportMethod === undefined) {
    const canStage = importMethods.includes('glance-direct');
    const sent = await sendData(deps, { id, file, how: 'putFile', canStage }, ctx);
    if (sent !== 'refused') return sent;
    ctx.log.info({ externalId: id }, 'image data are staged, because the cloud takes none directly');
  }
  await sendData(deps, { id, file, how: 'stage', canStage: false }, ctx);
  await importData(deps, id, { name: 'glance-direct' }, ctx);
  return 'sent';
}

async function untilActive({ glance, clock, random }: UploadDeps, id: string, ctx: CallContext): Promise<GlanceImage> {
  const look = async (): Promise<GlanceImage | undefined> => {
    const image = await glance.get(id, ctx);
    return decideReadiness(image).kind === 'pending' ? undefined : image;
  };
  const image = await poll(look, { clock, random, signal: ctx.signal });
  const readiness = image === undefined ? undefined : decideReadiness(image);
  if (image !== undefined && readiness?.kind === 'active') return image;
  const why = readiness?.kind === 'failed' ? readiness.why : 'it did not become active';
  throw new ProviderError('transient', `image ${id} cannot be used: ${why}`);
}

/** @throws ProviderError `transient` when the image is not the file, or might not be. */
async function verify(image: GlanceImage, sent: Sent, { spec, file }: UploadOrder, ctx: CallContext): Promise<void> {
  const fields = { externalId: image.id };
  if (image.disk_format != null && image.disk_format !== spec.format) {
    // Some clouds convert what they import: the checksums are then those of the result.
    ctx.log.info({ ...fields, format: image.disk_format }, 'image was converted by the cloud and cannot be verified');
    return;
  }
  const verdict = verifyContent(image, file.known);
  if (verdict.kind === 'same') {
    ctx.log.debug({ ...fields, by: verdict.by }, 'verified image');
    return;
  }
  if (verdict.kind === 'unproved' && sent === 'sent') {
    ctx.log.info(fields, 'image could not be verified: the cloud tells no checksum that is known here');
    return;
  }
  const why = verdict.kind === 'different' ? verdict.why : 'the cloud tells no checksum that is known here';
  throw new ProviderError('transient', `image ${image.id} is not the file ${spec.path}: ${why}`);
}
