import { type CallContext, type ImageUploadSpec, providerErrorCode, tagKeys } from '@nodepool/driver-api';
import { type Clock, deadline } from '@nodepool/runtime';
import type { Glance } from './glance.js';
import { type GlanceImage, propertiesOf } from './image.js';

/** How long the removal of what a failed upload has left may take, milliseconds. */
const farewellMs = 30_000;

const slotKeys = [tagKeys.buildId, tagKeys.providerName];
const uploadKeys = [...slotKeys, tagKeys.uploadId];

/** Images in the cloud that were made for this upload. */
export async function imagesOfUpload(
  glance: Glance,
  spec: ImageUploadSpec,
  ctx: CallContext,
): Promise<readonly GlanceImage[]> {
  return await imagesWith(glance, spec, uploadKeys, ctx);
}

/** Images that were made for uploads of the same build to the same provider, this one included. */
export async function imagesOfSlot(
  glance: Glance,
  spec: ImageUploadSpec,
  ctx: CallContext,
): Promise<readonly GlanceImage[]> {
  return await imagesWith(glance, spec, slotKeys, ctx);
}

async function imagesWith(
  glance: Glance,
  spec: ImageUploadSpec,
  keys: readonly string[],
  ctx: CallContext,
): Promise<readonly GlanceImage[]> {
  const wanted: Record<string, string> = {};
  for (const key of keys) {
    const value = spec.meta[key];
    if (value === undefined) return [];
    wanted[key] = value;
  }
  const listed = await glance.list(wanted, ctx);
  // Some services ignore filters that they do not know.
  return listed.filter((image) => {
    const properties = propertiesOf(image, keys);
    return keys.every((key) => properties[key] === wanted[key]);
  });
}

/**
 * Removes what an upload that failed has left: the image that is known, and whatever else carries the tags of the upload.
 * Best effort, with a deadline of its own: the caller's signal may be why the upload failed.
 */
export async function discardUpload(
  { glance, clock }: { readonly glance: Glance; readonly clock: Clock },
  spec: ImageUploadSpec,
  imageId: string | undefined,
  ctx: CallContext,
): Promise<void> {
  using limit = deadline(clock, farewellMs);
  const farewell: CallContext = { signal: limit.signal, log: ctx.log };
  if (imageId !== undefined) await removeQuietly(glance, imageId, farewell);
  try {
    for (const { id } of await imagesOfUpload(glance, spec, farewell)) {
      if (id !== imageId) await removeQuietly(glance, id, farewell);
    }
  } catch (error) {
    ctx.log.warn({ error }, 'remains of a failed upload could not be looked for');
  }
}

export async function removeQuietly(glance: Glance, id: string, ctx: CallContext): Promise<void> {
  try {
    await glance.remove(id, ctx);
  } catch (error) {
    if (providerErrorCode(error) !== 'not-found') {
      ctx.log.warn({ externalId: id, error }, 'image of a failed upload could not be removed');
    }
  }
}
