import type { PoolConfig } from '@nodepool/driver-api';
import type { PoolComponent } from '@nodepool/model';
import type { Logger } from '@nodepool/runtime';
import type { UnfinishedNodes } from '../launches/unfinished.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import { countFitting } from '../quota/fit.js';
import type { Tasks } from '../tasks.js';
import { turnOf } from '../turns.js';
import { type PoolContext, roomOf } from './pool-context.js';
import { type PoolReading, readPool } from './pool-view.js';
import type { PoolWorkerDeps } from './pool-worker.js';
import type { TurnTaker } from './registered-pools.js';

export interface ServedPoolDeps
  extends Pick<
    PoolWorkerDeps,
    'store' | 'caches' | 'clock' | 'random' | 'tracer' | 'tenants' | 'registered' | 'identity'
  > {
  readonly unfinished: UnfinishedNodes;
}

/** One pool as it is configured and read at the moment, for whoever decides for it. */
export class ServedPool {
  readonly id: string;
  readonly log: Logger;
  readonly context: PoolContext;
  readonly #deps: ServedPoolDeps;
  #runtime: ProviderRuntime;
  #pool: PoolConfig;
  #reading: PoolReading | undefined;
  #stale = true;
  #rivals: {
    readonly registered: readonly TurnTaker[];
    readonly own: readonly number[];
    readonly others: readonly number[];
  } = { registered: [], own: [], others: [] };

  constructor(
    runtime: ProviderRuntime,
    pool: PoolConfig,
    deps: ServedPoolDeps & { readonly log: Logger },
    tasks: Tasks,
  ) {
    const name = `PoolWorker.${runtime.config.name}-${pool.name}`;
    this.id = `${deps.identity.fqdn}-${name}-${deps.random.hexId()}`;
    this.log = deps.log;
    this.#deps = deps;
    this.#runtime = runtime;
    this.#pool = pool;
    this.context = this.#makeContext(tasks);
  }

  get runtime(): ProviderRuntime {
    return this.#runtime;
  }

  get config(): PoolConfig {
    return this.#pool;
  }

  get labels(): readonly string[] {
    return this.#pool.labels.map(({ name }) => name);
  }

  /** The configuration has changed, or the provider was opened anew. */
  configure(runtime: ProviderRuntime, pool: PoolConfig): void {
    this.#runtime = runtime;
    this.#pool = pool;
    this.changed();
  }

  /** The configuration, the images, or what the cloud offers has changed. */
  changed(): void {
    this.#stale = true;
  }

  /** Undefined until the cloud was read for the first time. */
  read(): PoolReading | undefined {
    if (this.#stale) {
      this.#reading = readPool(this.id, this.#pool, this.#runtime, this.#deps.caches.images);
      this.#stale = false;
    }
    return this.#reading;
  }

  /** How many more nodes of the label could be launched now. */
  roomFor(label: string): number {
    const reading = this.read();
    const found = reading?.view.labels.get(label);
    if (reading === undefined || found === undefined || reading.unread.has(label)) return 0;
    if (!found.hasImage || found.brokenBecause !== undefined || this.#runtime.config.maxConcurrency === 0) return 0;
    return countFitting(roomOf(this.context), found.needed);
  }

  /** What the registry shows of the pool at its start. */
  component(): PoolComponent {
    const { hostname, version } = this.#deps.identity;
    return {
      kind: 'pool',
      hostname,
      state: 'running',
      version,
      modelApi: 0,
      id: this.id,
      name: this.#pool.name,
      providerName: this.#runtime.config.name,
      supportedLabels: this.labels,
      priority: this.#pool.priority,
      paused: false,
      takesTurns: true,
    };
  }

  #makeContext(tasks: Tasks): PoolContext {
    const served = this;
    const { store, caches, clock, random, tracer, tenants, registered, unfinished } = this.#deps;
    return {
      id: this.id,
      get runtime() {
        return served.#runtime;
      },
      get pool() {
        return served.#pool;
      },
      get view() {
        return served.#knownView();
      },
      store,
      caches,
      clock,
      random,
      log: this.log,
      tracer,
      claimedNodes: new Set<string>(),
      yieldedNodes: new Set<string>(),
      tasks,
      tenants,
      unfinished,
      registered,
      hasRivals: () => this.#findRivals().others.length > 0,
      isOurTurn: (nodeId) => {
        const { own, others } = this.#findRivals();
        return turnOf(nodeId, own, others) === 0;
      },
    };
  }

  /** Plans are made only in a pass, and passes only with a reading. */
  #knownView(): PoolReading['view'] {
    const reading = this.read();
    if (reading === undefined) throw new Error(`pool ${this.#pool.name} was planned for before its provider was read`);
    return reading.view;
  }

  /** Worked out once for each state of the registry. */
  #findRivals(): { readonly own: readonly number[]; readonly others: readonly number[] } {
    const registered = this.#deps.registered();
    if (this.#rivals.registered !== registered) {
      const same = registered.filter(
        ({ takesTurns, provider, name }) =>
          takesTurns && provider === this.#runtime.config.name && name === this.#pool.name,
      );
      const own = same.filter(({ id }) => id === this.id).map(({ hash }) => hash);
      const others = same.filter(({ id }) => id !== this.id).map(({ hash }) => hash);
      this.#rivals = { registered, own, others: own.length === 0 ? [] : others };
    }
    return this.#rivals;
  }
}
