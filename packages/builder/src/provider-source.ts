import { type Driver, decorateProvider, type Provider, type ProviderConfig } from '@nodepool/driver-api';
import { findDriver } from '@nodepool/driver-registry';
import { type Clock, errorText, type Logger, type Metrics, type Random } from '@nodepool/runtime';
import { BuilderError } from './errors.js';
import type { ProviderSource } from './types.js';

interface Made {
  readonly config: ProviderConfig;
  readonly provider: Promise<Provider>;
}

type MakeProvider = Awaited<ReturnType<Driver['load']>>;

/** Providers of the registered drivers, each decorated and kept for as long as its configuration is the same object. */
export class DriverProviders implements ProviderSource, AsyncDisposable {
  readonly #deps: { readonly clock: Clock; readonly random: Random; readonly log: Logger; readonly metrics: Metrics };
  readonly #made = new Map<string, Made>();
  readonly #loaded = new Map<string, Promise<MakeProvider>>();

  constructor(deps: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Logger;
    readonly metrics: Metrics;
  }) {
    this.#deps = deps;
  }

  get(config: ProviderConfig): Promise<Provider> {
    const known = this.#made.get(config.name);
    if (known?.config === config) return known.provider;
    const provider = this.#make(config);
    this.#made.set(config.name, { config, provider });
    // A driver that could not be loaded may be installed meanwhile: the next pass tries again.
    provider.catch(() => {
      if (this.#made.get(config.name)?.provider === provider) this.#made.delete(config.name);
    });
    if (known !== undefined) this.#close(known);
    return provider;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const made = [...this.#made.values()];
    this.#made.clear();
    await Promise.all(made.map((one) => this.#closeOne(one)));
  }

  async #make(config: ProviderConfig): Promise<Provider> {
    const { clock, random, metrics } = this.#deps;
    const make = await this.#load(config.driver);
    const log = this.#deps.log.child({ provider: config.name });
    return decorateProvider(make(config, { clock, random, log }), { config, clock, random, metrics });
  }

  /** Once for each driver: one that keeps its cloud in memory keeps it in what it returns here. */
  #load(name: string): Promise<MakeProvider> {
    const known = this.#loaded.get(name);
    if (known !== undefined) return known;
    const driver = findDriver(name);
    if (driver === undefined) {
      return Promise.reject(new BuilderError('NP_UNKNOWN_DRIVER', `there is no driver named ${name}`));
    }
    const loading = driver.load();
    this.#loaded.set(name, loading);
    loading.catch(() => this.#loaded.delete(name));
    return loading;
  }

  #close(made: Made): void {
    this.#closeOne(made).catch(() => undefined);
  }

  async #closeOne({ config, provider }: Made): Promise<void> {
    try {
      await (await provider).close?.();
    } catch (error) {
      this.#deps.log.debug({ provider: config.name, error: errorText(error) }, 'provider could not be closed');
    }
  }
}
