import { isDeepStrictEqual } from 'node:util';
import { decorateProvider, type Provider, type ProviderConfig, type ProviderDeps } from '@nodepool/driver-api';
import type { Metrics } from '@nodepool/runtime';
import { ProviderRuntime, type ProviderRuntimeDeps } from './provider-runtime.js';

/** Where providers come from: the drivers, or a test. */
export interface ProviderSource {
  /** @returns the bare provider; deadlines, rate limits and measurements are put around it here. */
  open(config: ProviderConfig, deps: ProviderDeps): Promise<Provider>;
}

/** The providers of the configuration that could be opened, by name. */
export class ProviderSet {
  readonly #source: ProviderSource;
  readonly #deps: ProviderRuntimeDeps & { readonly metrics: Metrics };
  readonly #runtimes = new Map<string, ProviderRuntime>();
  /** Configurations with which a provider could not be opened: not tried again until they change. */
  readonly #refused = new Map<string, ProviderConfig>();
  readonly #draining = new Set<Promise<void>>();

  constructor(source: ProviderSource, deps: ProviderRuntimeDeps) {
    this.#source = source;
    this.#deps = deps;
  }

  get(name: string | null): ProviderRuntime | undefined {
    return name === null ? undefined : this.#runtimes.get(name);
  }

  all(): Iterable<ProviderRuntime> {
    return this.#runtimes.values();
  }

  /**
   * Opens what is new, replaces what has changed and gives up what is gone. One that is replaced finishes what it has
   * under way; one that cannot be opened is left out and keeps nobody else waiting.
   */
  async apply(configs: ReadonlyMap<string, ProviderConfig>): Promise<void> {
    for (const [name, runtime] of this.#runtimes) {
      if (configs.has(name)) continue;
      this.#runtimes.delete(name);
      this.#drain(runtime);
    }
    await Promise.all([...configs.values()].map((config) => this.#applyOne(config)));
  }

  /** Waits for what is under way everywhere, and closes all. */
  async drain(): Promise<void> {
    for (const runtime of this.#runtimes.values()) this.#drain(runtime);
    await Promise.all(this.#draining);
  }

  /** Calls off what is under way everywhere. */
  async close(): Promise<void> {
    await Promise.all([...this.#runtimes.values()].map((runtime) => runtime.close()));
  }

  async #applyOne(config: ProviderConfig): Promise<void> {
    const { name } = config;
    const before = this.#runtimes.get(name);
    if (isDeepStrictEqual(before?.config ?? this.#refused.get(name), config)) return;
    const runtime = await this.#open(config);
    if (runtime === undefined) {
      this.#refused.set(name, config);
      this.#runtimes.delete(name);
    } else {
      this.#refused.delete(name);
      this.#runtimes.set(name, runtime);
    }
    if (before !== undefined) this.#drain(before);
  }

  async #open(config: ProviderConfig): Promise<ProviderRuntime | undefined> {
    const { clock, random, metrics } = this.#deps;
    const log = this.#deps.log.child({ provider: config.name });
    try {
      const provider = await this.#source.open(config, { clock, random, log });
      const decorated = decorateProvider(provider, { config, clock, random, metrics });
      log.info({ driver: config.driver }, 'opened provider');
      return new ProviderRuntime(config, decorated, this.#deps);
    } catch (error) {
      log.error({ driver: config.driver, error }, 'provider could not be opened');
      return undefined;
    }
  }

  #drain(runtime: ProviderRuntime): void {
    const draining = runtime.drain().finally(() => this.#draining.delete(draining));
    this.#draining.add(draining);
  }
}
