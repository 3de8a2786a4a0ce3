import type { PoolConfig } from '@nodepool/driver-api';
import type { CacheChange, CachedNode, CachedRequest, HeldRequest } from '@nodepool/store';
import { UnfinishedNodes } from '../launches/unfinished.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import { RequestClaims } from './claims.js';
import { type PoolState, PoolWorker, type PoolWorkerDeps } from './pool-worker.js';
import { registeredPools, samePools, type TurnTaker } from './registered-pools.js';
import { Turns } from './turns-taken.js';

export interface PoolSetDeps extends Omit<PoolWorkerDeps, 'claims' | 'registered' | 'unfinished' | 'onTenantFreed'> {
  /** A pool has left the registry: what it had in hand is nobody's now. */
  readonly onPoolGone: () => void;
}

/** The pool workers of this process, and the registry as they see it. */
export class PoolSet {
  readonly #deps: PoolWorkerDeps;
  readonly #onPoolGone: () => void;
  readonly #workers = new Map<string, PoolWorker>();
  readonly #unfinished = new UnfinishedNodes();
  /** Whose turn it is with what belongs to no request. */
  readonly turns: Turns;
  #registered: readonly TurnTaker[];

  constructor(deps: PoolSetDeps) {
    const claims = new RequestClaims((id) => {
      for (const worker of this.#workers.values()) worker.look(id);
    });
    this.#onPoolGone = deps.onPoolGone;
    this.#registered = registeredPools(deps.caches.components.pools());
    const registered = (): readonly TurnTaker[] => this.#registered;
    const onTenantFreed = (): void => {
      for (const worker of this.#workers.values()) worker.tenantFreed();
    };
    this.#deps = { ...deps, claims, registered, unfinished: this.#unfinished, onTenantFreed };
    this.turns = new Turns(registered, (id) => this.#isOurs(id));
    for (const node of deps.caches.nodes.byState('building')) {
      this.#unfinished.nodeChanged({ before: undefined, after: node });
    }
  }

  all(): Iterable<PoolWorker> {
    return this.#workers.values();
  }

  /** Starts workers for new pools, stops those of pools that are gone, and tells the others what has changed. */
  async apply(runtimes: Iterable<ProviderRuntime>): Promise<void> {
    const wanted = new Map<string, readonly [ProviderRuntime, PoolConfig]>();
    for (const runtime of runtimes) {
      for (const pool of runtime.config.pools) wanted.set(poolKey(runtime.config.name, pool.name), [runtime, pool]);
    }
    const changes: Promise<void>[] = [];
    for (const [key, worker] of this.#workers) {
      if (wanted.has(key)) continue;
      this.#workers.delete(key);
      changes.push(worker.stop());
    }
    for (const [key, [runtime, pool]] of wanted) {
      const worker = this.#workers.get(key);
      if (worker !== undefined) worker.configure(runtime, pool);
      else {
        const started = new PoolWorker(runtime, pool, this.#deps);
        this.#workers.set(key, started);
        changes.push(started.start());
      }
    }
    await Promise.all(changes);
  }

  registryChanged(): void {
    const before = this.#registered;
    this.#registered = registeredPools(this.#deps.caches.components.pools());
    for (const worker of this.#workers.values()) {
      if (!samePools(before, this.#registered, worker.id)) worker.registryChanged();
    }
    const now = new Set(this.#registered.map(({ id }) => id));
    if (before.some(({ id }) => !now.has(id))) this.#onPoolGone();
  }

  requestChanged(change: CacheChange<CachedRequest>): void {
    for (const worker of this.#workers.values()) worker.requestChanged(change);
  }

  nodeChanged(change: CacheChange<CachedNode>): void {
    this.#unfinished.nodeChanged(change);
    for (const worker of this.#workers.values()) worker.nodeChanged(change);
  }

  /** @param provider whose readings have changed; all when undefined. */
  viewChanged(provider?: string): void {
    for (const worker of this.#workers.values()) {
      if (provider === undefined || worker.provider === provider) worker.viewChanged();
    }
  }

  roomMayHaveAppeared(provider: string): void {
    for (const worker of this.#workers.values()) if (worker.provider === provider) worker.roomMayHaveAppeared();
  }

  markEverything(): void {
    for (const worker of this.#workers.values()) worker.markEverything();
  }

  handles(requestId: string): boolean {
    for (const worker of this.#workers.values()) if (worker.handles(requestId)) return true;
    return false;
  }

  /** The worker of a pool, when this process has one. */
  worker(provider: string | null, pool: string | null): PoolWorker | undefined {
    return provider === null || pool === null ? undefined : this.#workers.get(poolKey(provider, pool));
  }

  /** Has a pool carry on with a `pending` request that is locked by us and whose nodes are there. */
  adopt(held: HeldRequest, provider: string, pool: string): boolean {
    const worker = this.worker(provider, pool);
    if (worker?.canAdopt !== true) return false;
    worker.adopt(held);
    return true;
  }

  /** Some pool of this process has the label. */
  offers(label: string): boolean {
    for (const worker of this.#workers.values()) if (worker.offers(label)) return true;
    return false;
  }

  /** Some pool of another launcher has the label. */
  offersElsewhere(label: string): boolean {
    return this.#registered.some(({ id, labels }) => labels.has(label) && !this.#isOurs(id));
  }

  /** How many more nodes of the label there may be room for; what other launchers have is anybody's guess. */
  roomFor(label: string): number {
    const own = new Set<string>();
    let room = 0;
    for (const worker of this.#workers.values()) {
      room += worker.roomFor(label);
      own.add(worker.id);
    }
    const elsewhere = this.#registered.some(({ id, labels, paused }) => !own.has(id) && !paused && labels.has(label));
    return elsewhere ? Number.POSITIVE_INFINITY : room;
  }

  states(): readonly PoolState[] {
    return Array.from(this.#workers.values(), (worker) => worker.state());
  }

  /** All workers leave the registry and hand back what they have. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#workers.values(), (worker) => worker.stop()));
  }

  abandon(): void {
    for (const worker of this.#workers.values()) worker.abandon();
  }

  #isOurs(poolId: string): boolean {
    for (const { id } of this.#workers.values()) if (id === poolId) return true;
    return false;
  }
}

function poolKey(provider: string, pool: string): string {
  return JSON.stringify([provider, pool]);
}
