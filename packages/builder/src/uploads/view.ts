import type { DiskimageConfig } from '@nodepool/config';
import type { ProviderDiskimage } from '@nodepool/driver-api';
import type { ImageBuild } from '@nodepool/model';
import type { BuilderContext } from '../context.js';
import { type LocalBuild, listLocalBuilds } from '../files/build-files.js';
import { type ImageProvider, lists } from '../image-providers.js';
import { newestReadyBuild, slotText } from '../records.js';

/** What is known when uploads are decided on. */
export interface UploadsView {
  /** Providers in the order of the configuration, their diskimages in theirs. */
  readonly candidates: readonly UploadCandidate[];
  readonly freeWorkers: number;
  /** Uploads under way here, by provider. */
  readonly runningByProvider: ReadonlyMap<string, number>;
}

/** One diskimage of one provider. */
export interface UploadCandidate {
  readonly provider: string;
  readonly diskimage: DiskimageConfig;
  readonly paused: boolean;
  /** The format that the provider takes. */
  readonly format: string;
  /** The newest ready build, which alone is ever uploaded. */
  readonly build: ImageBuild | undefined;
  /** Formats of that build that lie here; undefined when another builder has it. */
  readonly localFormats: readonly string[] | undefined;
  readonly uploaded: boolean;
  readonly running: boolean;
  readonly delayMs: number;
}

export async function observeUploads(context: BuilderContext): Promise<UploadsView> {
  const { jobs, limits } = context;
  const config = context.config.current();
  const providers = await context.providers.resolve(config, () => false);
  const local = await listLocalBuilds(context.imagesDir.path);
  const candidates: UploadCandidate[] = [];
  for (const provider of providers.values()) {
    for (const entry of provider.config.diskimages) {
      const diskimage = config.diskimages.get(entry.name);
      if (provider.images === undefined || diskimage === undefined) continue;
      candidates.push(candidateOf(context, provider, entry, diskimage, provider.images.format, local));
    }
  }
  context.delays.uploads.retain((key) =>
    candidates.some(({ provider, diskimage }) => key === delayKey(diskimage.name, provider)),
  );
  return {
    candidates,
    freeWorkers: Math.max(0, limits.uploadWorkers - jobs.uploads.size),
    runningByProvider: countBy(jobs.uploads.infos().map(({ provider }) => provider)),
  };
}

function candidateOf(
  context: BuilderContext,
  provider: ImageProvider,
  { pause }: ProviderDiskimage,
  diskimage: DiskimageConfig,
  format: string,
  local: ReadonlyMap<string, LocalBuild>,
): UploadCandidate {
  const { cache, jobs } = context;
  const { name } = provider.config;
  const image = diskimage.name;
  const build = newestReadyBuild([...cache.builds(image)].map(({ record }) => record));
  const uploads = [...cache.uploads(image)].map(({ record }) => record);
  const circumstances = uploadCircumstances(provider, diskimage, build?.id);
  return {
    provider: name,
    diskimage,
    paused: pause,
    format,
    build,
    localFormats: build === undefined ? undefined : local.get(`${image}-${build.id}`)?.formats,
    uploaded: uploads.some(
      (upload) => upload.buildId === build?.id && upload.provider === name && upload.state === 'ready',
    ),
    running: build !== undefined && jobs.uploads.has(slotText(image, build.id, name)),
    delayMs: context.delays.uploads.remainingMs(delayKey(image, name), circumstances),
  };
}

export function delayKey(image: string, provider: string): string {
  return `${image} in ${provider}`;
}

/** A change of any of these is worth a try at once. */
export function uploadCircumstances(
  provider: ImageProvider,
  diskimage: DiskimageConfig,
  buildId: string | undefined,
): string {
  return JSON.stringify([provider.config, diskimage.metadata, buildId]);
}

/** Whether the provider is still to have the image, when hours have passed. */
export function stillWanted(provider: ImageProvider | undefined, image: string): provider is ImageProvider {
  return provider?.images !== undefined && lists(provider, image);
}

function countBy(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
