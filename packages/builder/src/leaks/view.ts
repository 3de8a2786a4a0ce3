import { type CloudImageListing, tagKeys } from '@nodepool/driver-api';
import type { ImageUpload } from '@nodepool/model';
import { deadline } from '@nodepool/runtime';
import type { BuilderContext } from '../context.js';
import type { ImageProvider } from '../image-providers.js';

/** Images in the clouds that carry our tags. */
export interface LeaksView {
  readonly images: readonly CloudImageView[];
}

export interface CloudImageView {
  readonly provider: string;
  readonly externalId: string;
  readonly buildId: string;
  readonly uploadId: string;
  /** An upload record names it, by its tags or by its id. */
  readonly recorded: boolean;
  /** For how long it has been seen without a record, milliseconds. */
  readonly unknownForMs: number;
  /** The records of the provider look complete: one of them is ready. */
  readonly recordsTrusted: boolean;
}

/** Since when images without a record have been seen, by provider and id. */
export type SuspectsSince = Map<string, number>;

/** How long a cloud may take to list its images, milliseconds. */
const listingMs = 120_000;

export async function observeLeaks(
  context: BuilderContext,
  suspects: SuspectsSince,
  signal: AbortSignal,
): Promise<LeaksView> {
  const providers = await context.providers.resolve(context.config.current(), () => false);
  const treeId = await context.treeId.read();
  const lists = await Promise.all(
    [...providers.values()].map((provider) => listOurs(context, provider, treeId, signal)),
  );
  const seen = lists.flat();
  const uploads = [...context.cache.images()].flatMap((image) =>
    [...context.cache.uploads(image)].map(({ record }) => record),
  );
  const now = context.clock.monotonicMs();
  const keys = new Set<string>();
  const images = seen.map(({ provider, image }): CloudImageView => {
    const buildId = image.tags[tagKeys.buildId] ?? '';
    const uploadId = image.tags[tagKeys.uploadId] ?? '';
    const ofProvider = uploads.filter((upload) => upload.provider === provider);
    const recorded = ofProvider.some((upload) =>
      isRecordOf(upload, { externalId: image.externalId, buildId, uploadId }),
    );
    const key = `${provider}/${image.externalId}`;
    if (!recorded) keys.add(key);
    if (!recorded && !suspects.has(key)) suspects.set(key, now);
    return {
      provider,
      externalId: image.externalId,
      buildId,
      uploadId,
      recorded,
      unknownForMs: recorded ? 0 : now - (suspects.get(key) ?? now),
      recordsTrusted: ofProvider.some(({ state }) => state === 'ready'),
    };
  });
  for (const key of suspects.keys()) if (!keys.has(key)) suspects.delete(key);
  return { images };
}

/**
 * Images that another provider in the same account has uploaded are that provider's, and those of a provider of the same
 * name in another tree are that tree's. The original and older releases do not say which tree theirs are of.
 */
async function listOurs(
  { clock, log }: BuilderContext,
  { config: { name }, images }: ImageProvider,
  treeId: string,
  signal: AbortSignal,
): Promise<readonly { readonly provider: string; readonly image: CloudImageListing }[]> {
  if (images === undefined || images.keepsUnknown) return [];
  using limit = deadline(clock, listingMs, signal);
  try {
    const listed = await images.list({ signal: limit.signal, log });
    return listed
      .filter(({ tags }) => tags[tagKeys.providerName] === name && tags[tagKeys.uploadId] !== undefined)
      .filter(({ tags }) => (tags[tagKeys.treeId] ?? treeId) === treeId)
      .map((image) => ({ provider: name, image }));
  } catch (error) {
    log.debug({ provider: name, error }, 'images of a provider could not be listed');
    return [];
  }
}

/** Whether a record answers for an image. One that failed without an id knows of none. */
export function isRecordOf(
  upload: ImageUpload,
  image: Pick<CloudImageView, 'externalId' | 'buildId' | 'uploadId'>,
): boolean {
  if (upload.externalId === image.externalId) return true;
  const isOver = (upload.state === 'failed' || upload.state === 'deleting') && upload.externalId === null;
  return !isOver && upload.buildId === image.buildId && upload.id === image.uploadId;
}
