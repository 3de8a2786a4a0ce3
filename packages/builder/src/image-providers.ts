import type { Config } from '@nodepool/config';
import type { ImageStore, Provider, ProviderConfig } from '@nodepool/driver-api';
import type { Logger } from '@nodepool/runtime';
import type { KeptProviders } from './kept-providers.js';

/** A configured provider as the builder sees it. */
export interface ImageProvider {
  readonly config: ProviderConfig;
  /** `unknown` when the driver could not be loaded: nothing of the provider may then be touched. */
  readonly kind: 'images' | 'no-images' | 'unknown';
  readonly images: ImageStore | undefined;
  readonly provider: Provider | undefined;
}

export type ImageProviders = ReadonlyMap<string, ImageProvider>;

/** Resolves the providers that matter to a builder; a driver that nothing needs is not loaded. */
export class ImageProviderResolver {
  readonly #kept: KeptProviders;
  readonly #log: Logger;
  /** Configurations whose failure was told. */
  readonly #told = new WeakSet<ProviderConfig>();

  constructor(kept: KeptProviders, log: Logger) {
    this.#kept = kept;
    this.#log = log;
  }

  /** @param hasUploads whether records say that the provider has images of ours although none are configured. */
  async resolve(config: Config, hasUploads: (provider: string) => boolean): Promise<ImageProviders> {
    const relevant = [...config.providers.values()].filter(
      (provider) => provider.diskimages.length > 0 || hasUploads(provider.name),
    );
    const resolved = await Promise.all(relevant.map((provider) => this.#resolveOne(provider)));
    return new Map(resolved.map((provider) => [provider.config.name, provider]));
  }

  async #resolveOne(config: ProviderConfig): Promise<ImageProvider> {
    try {
      const provider = await this.#kept.get(config);
      const { images } = provider;
      return { config, kind: images === undefined ? 'no-images' : 'images', images, provider };
    } catch (error) {
      if (!this.#told.has(config)) {
        this.#told.add(config);
        this.#log.warn({ provider: config.name, error }, 'provider could not be loaded');
      }
      return { config, kind: 'unknown', images: undefined, provider: undefined };
    }
  }
}

/** Whether the provider is to have uploads of the image. */
export function lists(provider: ImageProvider, image: string): boolean {
  return provider.config.diskimages.some(({ name }) => name === image);
}

/**
 * Formats to build an image in, sorted.
 *
 * Source: docs/compatibility/builder.md section 2.
 */
export function wantedFormats(
  diskimage: { readonly name: string; readonly formats: readonly string[] },
  providers: ImageProviders,
): readonly string[] {
  const formats = new Set(diskimage.formats);
  for (const provider of providers.values()) {
    if (provider.images !== undefined && lists(provider, diskimage.name)) formats.add(provider.images.format);
  }
  return [...formats].sort();
}
