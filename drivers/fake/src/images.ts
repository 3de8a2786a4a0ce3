import { stat } from 'node:fs/promises';
import type { ImageStore, ImageUploadSpec, ProviderDeps } from '@nodepool/driver-api';
import { ProviderError, tagKeys } from '@nodepool/driver-api';
import { drawMs, happens, pass } from './chance.js';
import type { FakeCloud } from './cloud.js';
import type { FakeProviderConfig } from './config.js';

const nodepoolTags: readonly string[] = Object.values(tagKeys);

/** Whether something carries a tag of Nodepool. */
export function isOurs({ tags }: { readonly tags: Readonly<Record<string, string>> }): boolean {
  return nodepoolTags.some((key) => tags[key] !== undefined);
}

export function imageStore(config: FakeProviderConfig, cloud: FakeCloud, deps: ProviderDeps): ImageStore {
  const { fake } = config;
  return {
    format: fake.imageFormat,

    upload: async (spec, { signal, onProgress }) => {
      const bytes = await sizeOf(spec);
      // As in a real cloud the image exists before its data: whoever dies now leaves it behind with its tags.
      const image = { id: deps.random.hexId(), name: spec.externalName, format: spec.format, tags: spec.meta };
      signal.throwIfAborted();
      cloud.images.add(image);
      try {
        await pass(drawMs(fake.uploadTime, deps.random), deps.clock, signal);
        if (happens(fake.failures.upload, deps.random)) {
          throw new ProviderError('transient', `uploading ${spec.imageName}: the fake cloud broke off`);
        }
      } catch (error) {
        cloud.images.condemn(image.id, 0);
        throw error;
      }
      onProgress?.(bytes);
      return { externalId: image.id, externalName: image.name };
    },

    remove: async (externalId, { signal }) => {
      signal.throwIfAborted();
      if (cloud.images.get(externalId) === undefined) {
        throw new ProviderError('not-found', `the fake cloud has no image ${externalId}`);
      }
      cloud.images.condemn(externalId, 0);
    },

    list: async ({ signal }) => {
      signal.throwIfAborted();
      return cloud.images
        .all()
        .filter(isOurs)
        .map(({ id, name, tags }) => ({ externalId: id, name, tags }));
    },

    hasCloudImage: async (_image, { signal }) => {
      signal.throwIfAborted();
      return true;
    },
  };
}

async function sizeOf(spec: ImageUploadSpec): Promise<number> {
  try {
    return (await stat(spec.path)).size;
  } catch (error) {
    throw new ProviderError('not-found', `uploading ${spec.imageName}: its file cannot be read`, { cause: error });
  }
}
