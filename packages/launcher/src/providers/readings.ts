import {
  type CloudImage,
  type PoolConfig,
  type PoolLabel,
  type Provider,
  type ProviderConfig,
  providerErrorCode,
} from '@nodepool/driver-api';
import { type Resources, subtractResources } from '@nodepool/model';
import { type Clock, errorText, type Logger, runReconciler, Wakeup } from '@nodepool/runtime';
import { unmanagedUse } from '../quota/unmanaged.js';
import { decideReadings, type Reading, type ReadingState } from './decide-readings.js';

export interface ReadingsDeps {
  readonly config: ProviderConfig;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly log: Logger;
  /** A node with this id has a record. */
  readonly hasNode: (id: string) => boolean;
  /** Something that decisions rest on has changed. */
  readonly onChange: () => void;
}

/** What every node counts as where the driver keeps no quota. */
const oneInstance: Resources = { instances: 1 };

/**
 * What a provider was found to offer: its limits, what a node of each label takes, which labels and images it refuses.
 * Read in the background, so that decisions never wait for a cloud.
 */
export class ProviderReadings {
  readonly #deps: ReadingsDeps;
  readonly #wakeup: Wakeup;
  readonly #states = new Map<string, ReadingState>();
  readonly #needed = new Map<string, Resources>();
  readonly #broken = new Map<string, string>();
  readonly #missingImages = new Set<string>();
  /** Why readings failed last, by reading. */
  readonly #failures = new Map<string, string>();
  #figure: Resources | undefined;
  #zones: readonly string[] = [];

  constructor(deps: ReadingsDeps) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
    const { quota, images } = deps.provider;
    if (quota === undefined) this.#figure = {};
    else this.#plan({ kind: 'limits' });
    for (const pool of deps.config.pools) {
      for (const label of pool.labels) {
        if (quota === undefined) this.#needed.set(labelKey(pool.name, label.name), oneInstance);
        else this.#plan({ kind: 'need', pool, label });
      }
    }
    const zonesMatter = deps.config.pools.some(({ availabilityZones }) => availabilityZones.length === 0);
    if (deps.provider.zones !== undefined && zonesMatter) this.#plan({ kind: 'zones' });
    if (images?.hasCloudImage === undefined) return;
    for (const image of deps.config.cloudImages) this.#plan({ kind: 'cloud-image', image });
  }

  /** The account's limits less what others use of it; undefined until they were read once. */
  get figure(): Resources | undefined {
    return this.#figure;
  }

  /** Zones of the cloud for pools that name none; empty lets the cloud choose. */
  get zones(): readonly string[] {
    return this.#zones;
  }

  /** What one node takes; undefined until it is known. */
  needed(pool: string, label: string): Resources | undefined {
    return this.#needed.get(labelKey(pool, label));
  }

  /** What is wrong with the provider, while it is: a reading that fails, or a label that the cloud refuses. */
  get problem(): string | undefined {
    const [broken] = this.#broken.values();
    return [...this.#failures.values()][0] ?? broken;
  }

  brokenBecause(pool: string, label: string): string | undefined {
    return this.#broken.get(labelKey(pool, label));
  }

  hasCloudImage(name: string): boolean {
    return !this.#missingImages.has(name);
  }

  /** The cloud refuses a label for good; only another configuration mends it. */
  markBroken(pool: string, label: string, because: string): void {
    const key = labelKey(pool, label);
    if (this.#broken.has(key)) return;
    this.#broken.set(key, because);
    this.#needed.set(key, {});
    this.#deps.log.warn({ pool, label, error: because }, 'took label offline');
    this.#deps.onChange();
  }

  /** A launch was refused for quota: the figure is out of date. */
  invalidateFigure(): void {
    const state = this.#states.get('limits');
    if (state !== undefined) state.dueMs = Math.min(state.dueMs, this.#deps.clock.monotonicMs());
    this.#wakeup.mark();
  }

  /** Reads and reads again until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps;
    await runReconciler<Iterable<ReadingState>, ReadingState>(
      {
        name: 'readings',
        observe: () => this.#states.values(),
        decide: (states) => decideReadings(states, clock.monotonicMs()),
        execute: (state) => this.#read(state, signal),
      },
      { clock, log, wakeup: this.#wakeup },
      signal,
    );
  }

  #plan(reading: Reading): void {
    this.#states.set(readingKey(reading), { reading, dueMs: 0, failures: 0 });
  }

  async #read(state: ReadingState, signal: AbortSignal): Promise<void> {
    const { clock, log, onChange } = this.#deps;
    try {
      await this.#fetch(state.reading, signal);
      state.failures = 0;
      this.#failures.delete(readingKey(state.reading));
      state.dueMs = state.reading.kind === 'need' ? Number.POSITIVE_INFINITY : clock.monotonicMs() + 300_000;
    } catch (error) {
      if (signal.aborted) return;
      state.failures += 1;
      state.dueMs = clock.monotonicMs() + Math.min(60_000, 2_000 * 2 ** state.failures);
      this.#failures.set(readingKey(state.reading), errorText(error));
      this.#assume(state.reading);
      log.warn({ reading: readingKey(state.reading), error }, 'reading failed');
    }
    onChange();
  }

  /** A cloud that does not answer must not keep requests waiting: launches will show what it allows. */
  #assume(reading: Reading): void {
    if (reading.kind === 'limits') this.#figure ??= {};
    if (reading.kind !== 'need') return;
    const key = labelKey(reading.pool.name, reading.label.name);
    if (!this.#needed.has(key)) this.#needed.set(key, oneInstance);
  }

  async #fetch(reading: Reading, signal: AbortSignal): Promise<void> {
    switch (reading.kind) {
      case 'limits':
        this.#figure = await this.#fetchFigure(signal);
        return;
      case 'need':
        return this.#fetchNeed(reading.pool, reading.label, signal);
      case 'zones': {
        const { provider, log } = this.#deps;
        this.#zones = (await provider.zones?.({ signal, log })) ?? [];
        return;
      }
      case 'cloud-image':
        return this.#fetchCloudImage(reading.image, signal);
    }
  }

  async #fetchCloudImage(image: CloudImage, signal: AbortSignal): Promise<void> {
    const { provider, log } = this.#deps;
    const exists = await provider.images?.hasCloudImage?.(image, { signal, log });
    if (exists !== false) {
      this.#missingImages.delete(image.name);
      return;
    }
    if (this.#missingImages.has(image.name)) return;
    this.#missingImages.add(image.name);
    const wanted = image.imageId ?? image.imageName ?? image.name;
    log.warn({ image: image.name, wanted }, 'missed a cloud image: its labels are offline until the cloud has it');
  }

  async #fetchFigure(signal: AbortSignal): Promise<Resources> {
    const { provider, config, log, hasNode } = this.#deps;
    const ctx = { signal, log };
    const limits = (await provider.quota?.limits(ctx)) ?? {};
    if (Object.keys(limits).length === 0) return {};
    const instances = await provider.listInstances(ctx);
    const unmanaged = unmanagedUse(instances, config.name, hasNode);
    const counted = Object.entries(unmanaged).filter(([resource]) => limits[resource] !== undefined);
    return subtractResources(limits, Object.fromEntries(counted));
  }

  async #fetchNeed(pool: PoolConfig, label: PoolLabel, signal: AbortSignal): Promise<void> {
    const { provider, log } = this.#deps;
    try {
      const needed = await provider.quota?.needed(pool, label, { signal, log });
      this.#needed.set(labelKey(pool.name, label.name), needed ?? oneInstance);
    } catch (error) {
      if (providerErrorCode(error) !== 'misconfigured') throw error;
      this.markBroken(pool.name, label.name, errorText(error));
    }
  }
}

function labelKey(pool: string, label: string): string {
  return JSON.stringify([pool, label]);
}

function readingKey(reading: Reading): string {
  switch (reading.kind) {
    case 'limits':
    case 'zones':
      return reading.kind;
    case 'need':
      return `need of ${reading.pool.name}/${reading.label.name}`;
    case 'cloud-image':
      return `image ${reading.image.name}`;
  }
}
