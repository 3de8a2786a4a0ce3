import type { Config, DiskimageConfig } from '@nodepool/config';
import type { BuilderContext } from '../context.js';
import { wantedFormats } from '../image-providers.js';
import { newestReadyBuild } from '../records.js';

/** What is known of the images when builds are decided on. */
export interface BuildsView {
  /** In the order of the configuration. */
  readonly images: readonly ImageToBuild[];
  /** Builds that may be started now. */
  readonly freeWorkers: number;
}

export interface ImageToBuild {
  readonly diskimage: DiskimageConfig;
  readonly formats: readonly string[];
  /** By configuration or by flag. */
  readonly paused: boolean;
  readonly newestReady:
    | { readonly id: string; readonly stateTimeSec: number; readonly formats: readonly string[] }
    | undefined;
  /** Time of the open build request, milliseconds. */
  readonly requestedAtMs: number | undefined;
  /** By this builder or another. */
  readonly building: boolean;
  /** Left of the delay after a failure. */
  readonly delayMs: number;
}

export async function observeBuilds(context: BuilderContext): Promise<BuildsView> {
  const { cache, jobs, limits } = context;
  const config = context.config.current();
  const providers = await context.providers.resolve(config, () => false);
  const images = [...config.diskimages.values()].map((diskimage): ImageToBuild => {
    const { name } = diskimage;
    const builds = [...cache.builds(name)].map(({ record }) => record);
    const formats = wantedFormats(diskimage, providers);
    const requestedAtMs = cache.buildRequestedAtMs(name);
    const circumstances = (): string => buildCircumstances({ config, diskimage, formats, requestedAtMs });
    return {
      diskimage,
      formats,
      paused: diskimage.pause || cache.isPaused(name),
      newestReady: newestReadyBuild(builds),
      requestedAtMs,
      building: jobs.builds.has(name) || builds.some(({ state }) => state === 'building'),
      delayMs: context.delays.builds.remainingMs(name, circumstances),
    };
  });
  context.delays.builds.retain((image) => config.diskimages.has(image));
  return { images, freeWorkers: Math.max(0, limits.buildWorkers - jobs.builds.size) };
}

/** A change of any of these is worth a try at once. */
export function buildCircumstances(of: {
  readonly config: Config;
  readonly diskimage: DiskimageConfig;
  readonly formats: readonly string[];
  readonly requestedAtMs: number | undefined;
}): string {
  const secrets = Object.values(of.diskimage.secretEnvVars).map(({ fingerprint }) => fingerprint);
  return JSON.stringify([of.diskimage, secrets, of.formats, of.config.elementsDir, of.requestedAtMs]);
}
