import type { Config } from '@nodepool/config';
import { LeaseKeeper, LeaseService } from '@nodepool/leases';
import { type Component, componentKinds, type Node, type Resources } from '@nodepool/model';
import {
  type Clock,
  type Logger,
  type Metrics,
  noTracing,
  type Random,
  type Reconciler,
  runReconciler,
  Semaphore,
  type Tracer,
  Wakeup,
} from '@nodepool/runtime';
import type { HeldNode, LeaseCache, Registration, Store, StoreCaches } from '@nodepool/store';
import type { ProviderFacts } from '@nodepool/web';
import { Expiry, type ExpiryDeps } from './cleanup/expiry.js';
import { LostRequests } from './cleanup/lost-requests.js';
import { SpentLocks } from './cleanup/spent-locks.js';
import { Sweep } from './cleanup/sweep.js';
import { Deleter } from './deletion/deleter.js';
import type { CloudKnowledge } from './explain/snapshot.js';
import { HostCheck } from './host-check/host-check.js';
import type { LauncherState } from './launcher-state.js';
import { finishLaunch } from './launches/orphan.js';
import { LeakWatch } from './leaks/leak-watch.js';
import { leakedResources } from './leaks/metrics.js';
import { MinReadyKeeper } from './min-ready/keeper.js';
import { checkModelApi } from './model-api.js';
import type { ProviderRuntime } from './providers/provider-runtime.js';
import { ProviderSet, type ProviderSource } from './providers/provider-set.js';
import { TenantUse } from './quota/tenant-use.js';
import { PoolSet } from './requests/pool-set.js';
import { hasImage } from './requests/pool-view.js';
import { Queues } from './statistics/queues.js';
import { Statistics } from './statistics/statistics.js';
import { Tasks } from './tasks.js';

/** The configuration in use, and word when there is a new one. */
export interface ConfigSource {
  current(): Config;
  onChange(listener: () => void): Disposable;
}

export interface LauncherOptions {
  readonly config: ConfigSource;
  readonly store: Store;
  readonly providers: ProviderSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Where the traces of requests go; nowhere when absent. */
  readonly tracer?: Tracer;
  readonly identity: { readonly fqdn: string; readonly hostname: string; readonly version: string | null };
  /** Stand for the election of the one launcher that counts nodes for all, where measurements go somewhere. */
  readonly statistics?: { readonly candidate: string };
  /** See the option of the same name of `openCaches`; 0 when absent. */
  readonly lagMs?: number;
  /** How long a graceful stop waits for launches and deletions under way, milliseconds; a minute when absent. */
  readonly graceMs?: number;
}

export interface Launcher {
  /** What it watches; closed when it stops. */
  readonly caches: StoreCaches;
  /** What the web offers of leases. */
  readonly leases: LeaseService;
  /** Resolves after the first pass: pools are registered and requests are looked at. */
  readonly ready: Promise<void>;
  state(): LauncherState;
  /** What it has found out of the clouds, for people. */
  providerFacts(): readonly ProviderFacts[];
  /** The same of one cloud, for explanations; undefined while its provider is not open. */
  knowledgeOf(provider: string): CloudKnowledge | undefined;
  /**
   * Graceful: leaves the registry, hands requests back, waits for what is under way, at most for the grace period.
   * Otherwise everything is dropped at once; locks and registrations end with the session.
   */
  stop(options: { readonly graceful: boolean }): Promise<void>;
}

const usualGraceMs = 60_000;

/** {@link LauncherOptions.lagMs} of a daemon: what several launchers write in a burst is then read about once. */
export const daemonLagMs = 100;

/**
 * Starts a launcher on an open store.
 *
 * @throws LauncherError `NP_MODEL_API` when everybody else has moved on to a schema that this launcher does not know;
 *   when the caches cannot be opened or the launcher cannot be registered.
 */
export async function startLauncher(options: LauncherOptions): Promise<Launcher> {
  const { store, identity } = options;
  const component: Component = {
    kind: 'launcher',
    hostname: identity.hostname,
    state: 'stopped',
    version: identity.version,
    modelApi: 0,
  };
  checkModelApi(component, await registeredComponents(store));
  const registration = await store.components.register(component);
  // The caches ask for needs before there are providers: the answer then is one instance.
  const providers: { current: ProviderSet | undefined } = { current: undefined };
  const caches = await store.openCaches({
    resourcesOf: (node) => resourcesOf(node, providers.current),
    lagMs: options.lagMs ?? 0,
  });
  const leases = await store.leases.watch();
  const launcher = new RunningLauncher(options, caches, leases, registration);
  providers.current = launcher.providers;
  launcher.start();
  return launcher;
}

async function registeredComponents(store: Store): Promise<readonly Component[]> {
  const lists = await Promise.all(componentKinds.map((kind) => store.components.list(kind)));
  return lists.flat();
}

/** What a node without `resources` counts as: the need of its label, nothing when that is no longer configured. */
function resourcesOf({ provider, pool, type }: Node, providers: ProviderSet | undefined): Resources {
  const runtime = providers?.get(provider);
  const label = type[0];
  if (runtime === undefined) return { instances: 1 };
  if (pool === null || label === undefined) return {};
  return runtime.readings.needed(pool, label) ?? {};
}

/** What the configuration says of ages. */
function expiryRules(config: () => Config): Pick<ExpiryDeps, 'isOurs' | 'maxReadyAgeSec' | 'maxHoldAgeSec'> {
  return {
    isOurs: (provider) => config().providers.has(provider ?? ''),
    maxReadyAgeSec: () => new Map([...config().labels].map(([name, label]) => [name, label.maxReadyAgeSec])),
    maxHoldAgeSec: () => config().maxHoldAgeSec,
  };
}

/** Puts the parts together: who hears of what, what runs in a loop, in which order things stop. */
class RunningLauncher implements Launcher {
  readonly ready: Promise<void>;
  readonly providers: ProviderSet;
  readonly #options: LauncherOptions;
  readonly #caches: StoreCaches;
  readonly #registration: Registration;
  readonly #tasks: Tasks;
  readonly #pools: PoolSet;
  readonly #deleter: Deleter;
  readonly #keeper: MinReadyKeeper;
  readonly #leaks: LeakWatch;
  readonly #lost: LostRequests;
  readonly leases: LeaseService;
  readonly #leaseCache: LeaseCache;
  readonly #leaseKeeper: LeaseKeeper;
  readonly #expiry: Expiry;
  readonly #expiryWakeup: Wakeup;
  readonly #sweep: Sweep;
  readonly #spentLocks: SpentLocks;
  readonly #queues: Queues;
  readonly #statistics: Statistics;
  readonly #applying = new Semaphore(1);
  readonly #stopping = new AbortController();
  readonly #subscriptions: Disposable[] = [];
  readonly #loops: Promise<void>[] = [];
  #becameReady: () => void = () => undefined;

  constructor(options: LauncherOptions, caches: StoreCaches, leases: LeaseCache, registration: Registration) {
    const { store, clock, random, log, metrics, identity } = options;
    this.#options = options;
    this.#caches = caches;
    this.#registration = registration;
    this.#tasks = new Tasks(log);
    this.#expiryWakeup = new Wakeup(clock);
    this.ready = new Promise((resolve) => {
      this.#becameReady = resolve;
    });
    const online = (): boolean => store.session.state === 'connected';
    const config = (): Config => options.config.current();
    const handles = (id: string): boolean => this.#pools.handles(id);
    const common = { store, caches, clock, random, log, online };
    this.providers = this.#makeProviders(options, caches);
    this.#pools = new PoolSet({
      ...common,
      tracer: options.tracer ?? noTracing,
      identity,
      tenants: new TenantUse(caches.nodes, () => config().tenantLimits),
      onPoolGone: () => this.#lost.suspectAll(),
    });
    const { turns } = this.#pools;
    const candidate = options.statistics?.candidate ?? identity.hostname;
    const runtimeOf = (provider: string | null): ProviderRuntime | undefined => this.providers.get(provider);
    this.#leaks = new LeakWatch({
      ...common,
      turns,
      providers: () => this.providers.all(),
      leaked: leakedResources(metrics),
    });
    const onDoubt = (provider: string): void => this.#leaks.expect(provider);
    const finish = (held: HeldNode, runtime: ProviderRuntime): Promise<void> =>
      finishLaunch(held, { store, runtime, letGo: this.#stopping.signal, log: runtime.log });
    this.#deleter = new Deleter({ ...common, turns, tasks: this.#tasks, runtimeOf, finish, onDoubt });
    this.#keeper = new MinReadyKeeper({
      ...common,
      tasks: this.#tasks,
      labels: () => config().labels.values(),
      candidate,
      offers: (label) => this.#pools.offers(label),
      hasImage: (label) => this.#hasImage(label) || this.#pools.offersElsewhere(label),
      roomFor: (label) => this.#pools.roomFor(label),
    });
    this.#lost = new LostRequests({
      ...common,
      turns,
      handles,
      serves: (provider, pool) => this.#serves(provider, pool),
      adopt: (held, provider, pool) => this.#pools.adopt(held, provider, pool),
    });
    const delayMs = (lease: string): number => turns.delayMs(lease);
    this.#leaseCache = leases;
    this.#leaseKeeper = new LeaseKeeper({ ...common, leases, delayMs });
    this.leases = new LeaseService({ ...common, leases, maxHoldAgeSec: () => config().maxHoldAgeSec });
    this.#expiry = new Expiry({ ...common, turns, ...expiryRules(config) });
    this.#statistics = new Statistics({ ...common, metrics, config, candidate, providers: () => this.providers.all() });
    this.#queues = new Queues({ store, caches, metrics });
    this.#spentLocks = new SpentLocks({ ...common, turns });
    this.#sweep = new Sweep({ ...common, turns, onSweep: () => this.#lookAtEverything() });
  }

  start(): void {
    const { config, store, clock } = this.#options;
    const { nodes, requests, images, components } = this.#caches;
    this.#subscriptions.push(
      nodes.onChange((change) => {
        this.#deleter.nodeChanged(change);
        this.#pools.nodeChanged(change);
        this.#lost.nodeChanged(change);
        this.#keeper.nodeChanged(change);
        this.#statistics.mark();
        if (change.after?.record.state === 'hold') this.#expiryWakeup.mark();
      }),
      requests.onChange((change) => {
        this.#pools.requestChanged(change);
        this.#lost.requestChanged(change);
        this.#spentLocks.requestChanged(change);
        this.#keeper.requestChanged(change);
        this.#statistics.mark();
        if (change.after === undefined && change.before !== undefined) {
          this.#deleter.requestRemoved(change.before.record.id);
        }
      }),
      images.onChange(() => {
        this.#pools.viewChanged();
        this.#keeper.wakeup.mark();
      }),
      components.onChange(() => {
        this.#pools.registryChanged();
        this.#keeper.wakeup.mark();
      }),
      config.onChange(() => this.#tasks.start('applying the configuration', () => this.#apply())),
      store.session.onState((state) => this.#sessionChanged(state)),
      this.#leaseKeeper.follow(),
    );
    this.#loop(this.#deleter, this.#deleter.wakeup);
    this.#loop(this.#keeper, this.#keeper.wakeup);
    this.#loop(this.#leaks, this.#leaks.wakeup);
    this.#loop(this.#lost, this.#lost.wakeup);
    this.#loop(this.#expiry, this.#expiryWakeup);
    this.#loop(this.#leaseKeeper, this.#leaseKeeper.wakeup);
    this.#loop(this.#spentLocks, this.#spentLocks.wakeup);
    this.#loop(this.#queues, new Wakeup(clock));
    this.#loop(this.#sweep, new Wakeup(clock));
    if (this.#options.statistics !== undefined) this.#loops.push(this.#statistics.run(this.#stopping.signal));
    this.#tasks.start('starting', async () => {
      await this.#apply();
      this.#lost.suspectAll();
      await this.#registration.update({ state: 'running' });
      this.#becameReady();
    });
  }

  get caches(): StoreCaches {
    return this.#caches;
  }

  providerFacts(): readonly ProviderFacts[] {
    return Array.from(this.providers.all(), ({ config: { name }, readings }) => ({
      name,
      limits: readings.figure ?? null,
      problem: readings.problem ?? null,
    }));
  }

  knowledgeOf(provider: string): CloudKnowledge | undefined {
    return this.providers.get(provider)?.readings;
  }

  state(): LauncherState {
    return {
      session: this.#options.store.session.state,
      pools: this.#pools.states(),
      providers: Array.from(this.providers.all(), ({ config, reservations, lookout, tasks }) => ({
        name: config.name,
        launches: reservations.launches,
        inFlight: lookout.inFlight,
        tasks: tasks.size,
      })),
      deletions: this.#deleter.busy,
      stockRequests: this.#keeper.open,
    };
  }

  async stop({ graceful }: { readonly graceful: boolean }): Promise<void> {
    const { clock, log, graceMs } = this.#options;
    log.info({ graceful }, 'began to stop launcher');
    this.#stopping.abort(new DOMException('the launcher stops', 'AbortError'));
    this.#keeper.stop();
    this.#tasks.cancelDelayed();
    if (graceful) {
      const grace = new AbortController();
      const timeUp = clock.sleep(graceMs ?? usualGraceMs, grace.signal).catch(() => undefined);
      await Promise.race([this.#finish(), timeUp]);
      grace.abort();
    }
    this.#pools.abandon();
    await this.providers.close();
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    await this.#leaseCache[Symbol.asyncDispose]();
    await this.#caches[Symbol.asyncDispose]();
  }

  #makeProviders({ providers, clock, random, log, metrics }: LauncherOptions, caches: StoreCaches): ProviderSet {
    return new ProviderSet(providers, {
      clock,
      random,
      log,
      metrics,
      images: caches.images,
      hostCheck: new HostCheck(clock),
      hasNode: (id) => caches.nodes.get(id) !== undefined,
      onReading: (provider) => {
        caches.nodes.recount();
        this.#pools.viewChanged(provider);
        this.#keeper.wakeup.mark();
      },
      onRoom: (provider) => this.#pools.roomMayHaveAppeared(provider),
    });
  }

  /** Everything that a graceful stop would like to see done; whoever calls it may lose patience. */
  async #finish(): Promise<void> {
    await this.#pools.stop();
    await this.providers.drain();
    await Promise.all([this.#tasks.idle(), ...this.#loops]);
    await this.#registration[Symbol.asyncDispose]();
  }

  #loop<View, Action>(reconciler: Reconciler<View, Action>, wakeup: Wakeup): void {
    const { clock, log } = this.#options;
    this.#loops.push(runReconciler(reconciler, { clock, log, wakeup }, this.#stopping.signal));
  }

  /** One configuration after the other; the latest is in force in the end. */
  #apply(): Promise<void> {
    return this.#applying.run(async () => {
      if (this.#stopping.signal.aborted) return;
      await this.providers.apply(this.#options.config.current().providers);
      this.#caches.nodes.recount();
      await this.#pools.apply(this.providers.all());
      this.#keeper.configured();
      this.#lookAtEverything();
      this.#leaks.wakeup.mark();
      this.#expiryWakeup.mark();
      this.#statistics.configured();
    });
  }

  #lookAtEverything(): void {
    this.#pools.markEverything();
    this.#deleter.considerAll();
    this.#keeper.wakeup.mark();
    this.#lost.lookAtAll();
    this.#leaseKeeper.considerAll();
  }

  /** Work under way follows its locks; what was missed meanwhile is looked for once the session stands again. */
  #sessionChanged(state: Store['session']['state']): void {
    this.#options.log.info({ state }, 'session changed');
    if (state !== 'connected') return;
    this.#lookAtEverything();
    this.#lost.suspectAll();
    this.#leaks.expectAll();
  }

  #serves(provider: string | null, pool: string | null): 'now' | 'soon' | 'never' {
    const worker = this.#pools.worker(provider, pool);
    if (worker !== undefined) return worker.canAdopt ? 'now' : 'soon';
    const config = this.#options.config.current().providers.get(provider ?? '');
    return config?.pools.some(({ name }) => name === pool) === true ? 'soon' : 'never';
  }

  #hasImage(label: string): boolean {
    for (const runtime of this.providers.all()) {
      for (const pool of runtime.config.pools) {
        const found = pool.labels.find(({ name }) => name === label);
        if (found !== undefined && hasImage(found, runtime, this.#caches.images)) return true;
      }
    }
    return false;
  }
}
