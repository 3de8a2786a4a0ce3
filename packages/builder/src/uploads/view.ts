import type { Config, DiskimageConfig } from '@nodepool/config';
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
  /** Somebody has taken the build back from this provider. */
  readonly heldBack: boolean;
  readonly running: boolean;
  readonly delayMs: number;
}

export async function observeUploads(context: BuilderContext): Promise<UploadsView> {
  const { jobs, limits } = context;
  const config = context.config.current();
  const providers = await context.providers.resolve(config, () => false);
  const images = currentImages(context, config, await listLocalBuilds(context.imagesDir.path));
  const candidates = [...providers.values()].flatMap((provider) => candidatesOf(context, provider, images));
  const keys = new Set(candidates.map(({ provider, diskimage }) => delayKey(diskimage.name, provider)));
  context.delays.uploads.retain((key) => keys.has(key));
  context.delays.gates.retain((key) => keys.has(key));
  const sending = jobs.uploads.infos().filter(({ phase }) => phase === 'uploading');
  return {
    candidates,
    // What waits for its gate sends nothing.
    freeWorkers: Math.max(0, limits.uploadWorkers - sending.length),
    runningByProvider: countBy(sending.map(({ provider }) => provider)),
  };
}

/** What is the same for all providers of an image. */
interface CurrentImage {
  readonly diskimage: DiskimageConfig;
  readonly build: ImageBuild | undefined;
  readonly localFormats: readonly string[] | undefined;
  /** Providers that have the build. */
  readonly uploadedTo: ReadonlySet<string>;
}

function currentImages(
  { cache }: BuilderContext,
  config: Config,
  local: ReadonlyMap<string, LocalBuild>,
): ReadonlyMap<string, CurrentImage> {
  const entries = [...config.diskimages].map(([name, diskimage]): [string, CurrentImage] => {
    const build = newestReadyBuild([...cache.builds(name)].map(({ record }) => record));
    const localFormats = build === undefined ? undefined : local.get(`${name}-${build.id}`)?.formats;
    const uploadedTo = new Set<string>();
    for (const { record } of cache.uploads(name)) {
      if (record.state === 'ready' && record.buildId === build?.id) uploadedTo.add(record.provider);
    }
    return [name, { diskimage, build, localFormats, uploadedTo }];
  });
  return new Map(entries);
}

function candidatesOf(
  { cache, jobs, delays }: BuilderContext,
  provider: ImageProvider,
  images: ReadonlyMap<string, CurrentImage>,
): readonly UploadCandidate[] {
  const { config, images: store } = provider;
  if (store === undefined) return [];
  return config.diskimages.flatMap(({ name, pause }): readonly UploadCandidate[] => {
    const image = images.get(name);
    if (image === undefined) return [];
    const { diskimage, build, localFormats, uploadedTo } = image;
    const circumstances = (): string => uploadCircumstances(provider, diskimage, build?.id);
    const key = delayKey(name, config.name);
    return [
      {
        provider: config.name,
        diskimage,
        paused: pause,
        format: store.format,
        build,
        localFormats,
        uploaded: uploadedTo.has(config.name),
        heldBack: build !== undefined && cache.heldBack(name).get(config.name)?.has(build.id) === true,
        running: build !== undefined && jobs.uploads.has(slotText(name, build.id, config.name)),
        delayMs: Math.max(delays.uploads.remainingMs(key, circumstances), delays.gates.remainingMs(key, circumstances)),
      },
    ];
  });
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
  return JSON.stringify([provider.config, diskimage.metadata, diskimage.validate, buildId]);
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
