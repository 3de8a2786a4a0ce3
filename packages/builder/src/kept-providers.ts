import { isDeepStrictEqual } from 'node:util';
import { decorateProvider, type Provider, type ProviderConfig } from '@nodepool/driver-api';
import type { Logger, Metrics } from '@nodepool/runtime';
import type { BuilderContext } from './context.js';
import type { ProviderSource } from './types.js';

interface Kept {
  readonly config: ProviderConfig;
  readonly provider: Promise<Provider>;
}

export type KeptProvidersDeps = Pick<BuilderContext, 'clock' | 'random' | 'log'> & { readonly metrics: Metrics };

/** Decorated providers, each kept until its configuration changes. */
export class KeptProviders implements AsyncDisposable {
  readonly #source: ProviderSource;
  readonly #deps: KeptProvidersDeps;
  readonly #log: Logger;
  readonly #kept = new Map<string, Kept>();

  constructor(source: ProviderSource, deps: KeptProvidersDeps) {
    this.#source = source;
    this.#deps = deps;
    this.#log = deps.log;
  }

  get(config: ProviderConfig): Promise<Provider> {
    const known = this.#kept.get(config.name);
    if (known !== undefined && (known.config === config || isDeepStrictEqual(known.config, config))) {
      return known.provider;
    }
    const provider = this.#open(config);
    this.#kept.set(config.name, { config, provider });
    // What a driver lacks may be installed meanwhile: the next look tries again.
    provider.catch(() => {
      if (this.#kept.get(config.name)?.provider === provider) this.#kept.delete(config.name);
    });
    if (known !== undefined) this.#close(known).catch(() => undefined);
    return provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const kept = [...this.#kept.values()];
    this.#kept.clear();
    await Promise.all(kept.map((one) => this.#close(one)));
  }

  async #open(config: ProviderConfig): Promise<Provider> {
    const { clock, random, metrics } = this.#deps;
    const log = this.#log.child({ provider: config.name });
    const bare = await this.#source.open(config, { clock, random, log });
    return decorateProvider(bare, { config, clock, random, metrics });
  }

  async #close({ config, provider }: Kept): Promise<void> {
    try {
      await (await provider).close?.();
    } catch (error) {
      this.#log.debug({ provider: config.name, error }, 'provider could not be closed');
    }
  }
}
