import {
  type CallContext,
  type CloudImageListing,
  type ImageStore,
  type ProviderDeps,
  ProviderError,
  tagKeys,
} from '@nodepool/driver-api';
import { ApiError } from '../errors.js';
import type { CloudSession } from '../session/types.js';
import { CloudImages } from './cloud-images.js';
import { FileSource } from './file-source.js';
import { Glance } from './glance.js';
import { type GlanceImage, propertiesOf } from './image.js';
import { imageRecord } from './image-record.js';
import { ObjectStore } from './object-store.js';
import type { ImageSettings } from './settings.js';
import { uploadImage } from './upload.js';

const ourKeys: readonly string[] = Object.values(tagKeys);

/** Images of a cloud, in Glance v2. */
export function createImageStore(
  session: CloudSession,
  settings: ImageSettings,
  { clock, random }: Pick<ProviderDeps, 'clock' | 'random'>,
): ImageStore {
  const glance = new Glance(session);
  const objects = new ObjectStore(session);
  const cloudImages = new CloudImages(glance, clock);
  return {
    get format() {
      return session.profile.imageFormat;
    },
    keepsUnknown: !settings.cleanImages,
    upload: async (spec, ctx) => {
      ctx.signal.throwIfAborted();
      await using file = await FileSource.open(spec, ctx.onProgress);
      const useTasks = session.profile.imageApiUseTasks;
      const deps = { glance, objects, clock, random, settings, useTasks };
      const record = imageRecord(spec, session.profile);
      const externalId = await uploadImage(deps, { spec, file, record }, ctx);
      return { externalId, externalName: spec.externalName };
    },
    remove: async (externalId, ctx) => {
      try {
        await glance.remove(externalId, ctx);
      } catch (error) {
        throw isProtected(error) ? protectedImage(externalId, error) : error;
      }
    },
    list: (ctx) => listOurs(session, glance, ctx),
    hasCloudImage: (image, ctx) => cloudImages.has(image, ctx),
  };
}

/** Properties cannot be searched for by name alone, so that all images of the project are listed. */
async function listOurs(
  session: CloudSession,
  glance: Glance,
  ctx: CallContext,
): Promise<readonly CloudImageListing[]> {
  const owner = await session.projectId(ctx);
  const images = await glance.list(owner === undefined ? {} : { owner }, ctx);
  return images.flatMap((image): readonly CloudImageListing[] => {
    const tags = propertiesOf(image, ourKeys);
    return tags[tagKeys.buildId] === undefined ? [] : [{ externalId: image.id, name: nameOf(image), tags }];
  });
}

function nameOf(image: GlanceImage): string {
  return image.name ?? '';
}

function isProtected(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403 && /protected/i.test(error.text);
}

function protectedImage(externalId: string, cause: unknown): ProviderError {
  const remedy = `openstack image set --unprotected ${externalId}`;
  return new ProviderError('misconfigured', `image ${externalId} is protected and stays: ${remedy}`, { cause });
}
