import type { Config } from '@nodepool/config';
import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { nowSec } from '@nodepool/runtime';
import type { BuilderContext } from '../context.js';
import { type LocalBuild, listLocalBuilds } from '../files/build-files.js';
import { type ImageProviders, lists } from '../image-providers.js';
import { type ImageRecords, slotText, uploadKey, uploadKeyText } from '../records.js';

/** What is known when deletions are decided on. */
export interface RetentionView {
  readonly builderId: string;
  readonly images: readonly ImageView[];
  /** Configured providers that matter here. */
  readonly providers: ReadonlyMap<string, ProviderView>;
  /** Configured providers of drivers that this release lacks: somebody else looks after them. */
  readonly foreignProviders: ReadonlySet<string>;
  readonly localBuilds: readonly LocalBuildView[];
}

export interface ProviderView {
  /** `unknown` when the driver could not be loaded. */
  readonly kind: 'images' | 'no-images' | 'unknown';
  readonly format: string | undefined;
  readonly images: ReadonlySet<string>;
}

export interface ImageView extends ImageRecords {
  /** Undefined when the image is not in the configuration. */
  readonly diskimage: { readonly deleteAfterUpload: boolean; readonly keepFormats: readonly string[] } | undefined;
  /** Some builder holds the image's build lock; looked up only where it matters. */
  readonly buildLocked: boolean;
  /** Builds that this builder is working on. */
  readonly ownBuilds: ReadonlySet<string>;
  /** {@link slotText} of uploads that somebody is working on. */
  readonly lockedSlots: ReadonlySet<string>;
  /** {@link uploadKeyText} of uploads whose deletion is under way here. */
  readonly deletions: ReadonlySet<string>;
  /** Builds whose record, or a record below it, cannot be read: nobody knows what hangs on them. */
  readonly unreadableBuilds: ReadonlySet<string>;
  /** Left of the delay after a failed deletion, by {@link uploadKeyText}. */
  readonly deletionDelays: ReadonlyMap<string, number>;
}

export interface LocalBuildView extends LocalBuild {
  /** For how long the files have been here without a record, milliseconds. */
  readonly unknownForMs: number;
}

/** How long a record may be in a state that passes before its lock is asked for, seconds. */
const freshSec = 20;

/** Since when files without a record have been seen. */
export type UnknownSince = Map<string, number>;

export async function observeRetention(context: BuilderContext, unknownSince: UnknownSince): Promise<RetentionView> {
  const { cache } = context;
  const config = context.config.current();
  const names = new Set(cache.images());
  const records = [...names].map((image) => recordsOf(context, image));
  const withUploads = new Set(records.flatMap(({ uploads }) => uploads.map(({ provider }) => provider)));
  const providers = await context.providers.resolve(config, (name) => withUploads.has(name));
  // Files before records: what was built in between then has a record.
  const local = await listLocalBuilds(context.imagesDir.path);
  return {
    builderId: context.imagesDir.builderId,
    images: await Promise.all(records.map((of) => viewImage(context, config, of))),
    providers: viewProviders(providers),
    foreignProviders: new Set(config.unavailableProviders.map(({ name }) => name)),
    localBuilds: viewLocalBuilds(context, local, unknownSince),
  };
}

function recordsOf({ cache }: BuilderContext, image: string): ImageRecords {
  return {
    image,
    builds: [...cache.builds(image)].map(({ record }) => record),
    uploads: [...cache.uploads(image)].map(({ record }) => record),
  };
}

async function viewImage(context: BuilderContext, config: Config, records: ImageRecords): Promise<ImageView> {
  const { image, builds, uploads } = records;
  const { jobs, delays, store, imagesDir } = context;
  const ownBuilds = jobs.builds
    .infos()
    .flatMap((job) => (job.image === image && job.buildId !== null ? [job.buildId] : []));
  const foreign = builds.some(
    (build) => build.state === 'building' && build.builderId !== imagesDir.builderId && isOldNews(context, build),
  );
  const isFresh = builds.some((build) => build.state === 'building' && !isOldNews(context, build));
  return {
    ...records,
    diskimage: config.diskimages.get(image),
    buildLocked: jobs.builds.has(image) || isFresh || (foreign && (await store.images.isImageLocked(image))),
    ownBuilds: new Set(ownBuilds),
    lockedSlots: await lockedSlots(context, uploads),
    unreadableBuilds: unreadableBuilds(context, image),
    deletions: new Set(jobs.deletions.infos().map(uploadKeyText)),
    deletionDelays: new Map(
      uploads.map((upload) => {
        const key = uploadKeyText(uploadKey(upload));
        return [key, delays.deletions.remainingMs(key, () => '')];
      }),
    ),
  };
}

function unreadableBuilds({ cache }: BuilderContext, image: string): ReadonlySet<string> {
  const builds = new Set<string>();
  for (const { path } of cache.unreadable()) {
    const [, , , name, , buildId] = path.split('/');
    if (name === image && buildId !== undefined) builds.add(buildId);
  }
  return builds;
}

/** Whether a record has been in its state for so long that it may have been left by a builder that died. */
function isOldNews({ clock }: BuilderContext, { stateTimeSec }: { readonly stateTimeSec: number }): boolean {
  return Math.abs(nowSec(clock) - stateTimeSec) > freshSec;
}

/** Of what has just begun it is taken for granted that somebody is working on it: no lock is asked for. */
async function lockedSlots(context: BuilderContext, uploads: readonly ImageUpload[]): Promise<ReadonlySet<string>> {
  const { jobs, store } = context;
  const uploading = uploads.filter(({ state }) => state === 'uploading');
  const locked = await Promise.all(
    uploading.map(async ({ image, buildId, provider, stateTimeSec }) => {
      const slot = slotText(image, buildId, provider);
      const isSure = jobs.uploads.has(slot) || !isOldNews(context, { stateTimeSec });
      const busy = isSure || (await store.images.areUploadsLocked({ image, buildId, provider }));
      return busy ? [slot] : [];
    }),
  );
  return new Set(locked.flat());
}

function viewProviders(providers: ImageProviders): ReadonlyMap<string, ProviderView> {
  return new Map(
    [...providers].map(([name, provider]) => [
      name,
      {
        kind: provider.kind,
        format: provider.images?.format,
        images: new Set(
          provider.config.diskimages.map((entry) => entry.name).filter((image) => lists(provider, image)),
        ),
      },
    ]),
  );
}

function viewLocalBuilds(
  { cache, clock, jobs }: BuilderContext,
  local: ReadonlyMap<string, LocalBuild>,
  unknownSince: UnknownSince,
): readonly LocalBuildView[] {
  const now = clock.monotonicMs();
  const running = new Set(jobs.builds.infos().map(({ image, buildId }) => `${image}-${buildId}`));
  for (const build of unknownSince.keys()) if (!local.has(build)) unknownSince.delete(build);
  return [...local.values()].map((build) => {
    const isKnown =
      running.has(build.build) ||
      hasRecord(
        [...cache.builds(build.image)].map(({ record }) => record),
        build,
      );
    if (isKnown) unknownSince.delete(build.build);
    else if (!unknownSince.has(build.build)) unknownSince.set(build.build, now);
    return { ...build, unknownForMs: now - (unknownSince.get(build.build) ?? now) };
  });
}

function hasRecord(builds: readonly ImageBuild[], { buildId }: LocalBuild): boolean {
  return builds.some(({ id }) => id === buildId);
}
