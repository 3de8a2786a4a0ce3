import type { Config } from '@nodepool/config';
import { buildName, type ImageUpload, newestFirst } from '@nodepool/model';
import type { ImageCache } from '@nodepool/store';
import type { Build, Image, Upload } from '../schemas/index.js';

/** Images as the API shows them: what is stored of them, and what the configuration says. */
export class ImageViews {
  readonly #images: ImageCache;
  readonly #config: () => Config;

  constructor(images: ImageCache, config: () => Config) {
    this.#images = images;
    this.#config = config;
  }

  /** Stored or configured, sorted. */
  names(): readonly string[] {
    return [...new Set([...this.#images.images(), ...this.#config().diskimages.keys()])].sort();
  }

  /** Undefined when it is neither stored nor configured. */
  image(name: string): Image | undefined {
    const { diskimages, providers } = this.#config();
    const diskimage = diskimages.get(name);
    const builds = this.builds(name);
    const isPaused = this.#images.isPaused(name);
    const requestedAtMs = this.#images.buildRequestedAtMs(name);
    const isStored = builds.length > 0 || isPaused || requestedAtMs !== undefined;
    if (diskimage === undefined && !isStored && !this.#isKnown(name)) return undefined;
    const wanting = [...providers.values()].filter((provider) => provider.diskimages.some((one) => one.name === name));
    return {
      name,
      paused: isPaused || diskimage?.pause === true,
      configured: diskimage !== undefined,
      rebuild_age: diskimage?.rebuildAgeSec ?? null,
      build_requested_time: requestedAtMs === undefined ? null : requestedAtMs / 1000,
      providers: wanting.map((provider) => provider.name),
      builds: [...builds],
    };
  }

  /** The newest first. */
  builds(image: string): readonly Build[] {
    const builds = newestFirst(Array.from(this.#images.builds(image), ({ record }) => record));
    const current = builds.find(({ state }) => state === 'ready')?.id;
    const uploads = Map.groupBy(this.uploads(image), ({ build_id }) => build_id);
    return builds.map((build) => ({
      id: build.id,
      name: buildName(build),
      image,
      state: build.state,
      state_time: build.stateTimeSec,
      builder: build.builder,
      formats: [...build.formats],
      current: build.id === current,
      uploads: uploads.get(build.id) ?? [],
    }));
  }

  uploads(image: string): readonly Upload[] {
    return Array.from(this.#images.uploads(image), ({ record }) => this.#upload(record));
  }

  #isKnown(name: string): boolean {
    for (const image of this.#images.images()) if (image === name) return true;
    return false;
  }

  #upload(upload: ImageUpload): Upload {
    const current = this.#images.currentUpload(upload.image, upload.provider)?.record;
    return {
      id: upload.id,
      build_id: upload.buildId,
      image: upload.image,
      provider: upload.provider,
      state: upload.state,
      state_time: upload.stateTimeSec,
      external_id: upload.externalId,
      external_name: upload.externalName,
      format: upload.format,
      current: current !== undefined && current.id === upload.id && current.buildId === upload.buildId,
      reason: upload.failureReason,
    };
  }
}
