import type { PoolConfig } from '@nodepool/driver-api';
import type { NodeRequest, Resources } from '@nodepool/model';
import { type Clock, type Logger, type Random, runReconciler, Wakeup } from '@nodepool/runtime';
import type { CacheChange, CachedNode, CachedRequest, Store, StoreCaches } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import { countFitting } from '../quota/fit.js';
import type { TenantUse } from '../quota/tenant-use.js';
import { Tasks } from '../tasks.js';
import { Backlog } from './backlog.js';
import type { RequestClaims } from './claims.js';
import { decideRequest, type Verdict } from './decide.js';
import { Decliner } from './decliner.js';
import { type HandlerEnd, RequestHandler } from './handler.js';
import { giveUpIdleNode } from './make-room.js';
import type { PoolContext } from './pool-context.js';
import { roomOf } from './pool-context.js';
import { PoolRegistration } from './pool-registration.js';
import { type PoolReading, readPool } from './pool-view.js';
import type { RegisteredPool } from './registered-pools.js';
import { WaitingRoom } from './waiting-room.js';

export interface PoolWorkerDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly identity: { readonly fqdn: string; readonly hostname: string; readonly version: string | null };
  readonly claims: RequestClaims;
  readonly tenants: TenantUse;
  /** Every registered pool. */
  readonly registered: () => readonly RegisteredPool[];
  readonly tenantLimits: () => ReadonlyMap<string, Resources>;
  /** The session stands: new work may be started. */
  readonly online: () => boolean;
}

/** What a worker looks like from outside. */
export interface PoolState {
  readonly id: string;
  readonly provider: string;
  readonly pool: string;
  readonly requests: number;
  readonly handling: number;
  readonly paused: number;
  readonly launches: number;
}

/** Requests that are being taken at once; each holds the lock of one request for a few round trips. */
const startsAtOnce = 64;
/** A request whose lock somebody else had is looked at again after this time, unless it changes before. */
const lockedAgainMs = 500;
/** A request that has given its nodes back leaves them to others for so long. */
const resetAgainMs = 2_000;

/**
 * Serves one pool of one provider. Events mark requests; a pass judges what is marked and takes the next ones in order
 * while there is room.
 *
 * Source: docs/compatibility/launcher.md sections 2 to 4.
 */
export class PoolWorker {
  readonly id: string;
  readonly #deps: PoolWorkerDeps;
  readonly #log: Logger;
  readonly #wakeup: Wakeup;
  readonly #backlog = new Backlog();
  readonly #handlers = new Map<string, RequestHandler>();
  readonly #waitingRoom = new WaitingRoom<RequestHandler>();
  readonly #decliner: Decliner;
  readonly #tasks: Tasks;
  readonly #registration: PoolRegistration;
  readonly #context: PoolContext;
  readonly #stopped = new AbortController();
  #runtime: ProviderRuntime;
  #pool: PoolConfig;
  #reading: PoolReading | undefined;
  #stale = true;
  #starting = 0;
  #stopping = false;

  constructor(runtime: ProviderRuntime, pool: PoolConfig, deps: PoolWorkerDeps) {
    const { fqdn, hostname, version } = deps.identity;
    const name = `PoolWorker.${runtime.config.name}-${pool.name}`;
    this.id = `${fqdn}-${name}-${deps.random.hexId()}`;
    this.#deps = deps;
    this.#runtime = runtime;
    this.#pool = pool;
    this.#log = deps.log.child({ provider: runtime.config.name, pool: pool.name }, `nodepool.${name}`);
    this.#wakeup = new Wakeup(deps.clock);
    this.#tasks = new Tasks(this.#log);
    const component = {
      kind: 'pool',
      hostname,
      state: 'running',
      version,
      modelApi: 0,
      id: this.id,
      name: pool.name,
      providerName: runtime.config.name,
      supportedLabels: labelNames(pool),
      priority: pool.priority,
      paused: false,
    } as const;
    this.#registration = new PoolRegistration(component, deps.store.components, this.#tasks, this.#log);
    this.#context = this.#makeContext();
    this.#decliner = new Decliner(this.#context, (id) => this.#lookLater(id, lockedAgainMs));
  }

  get provider(): string {
    return this.#runtime.config.name;
  }

  get pool(): string {
    return this.#pool.name;
  }

  /** Registers, looks at every request and works until {@link stop}. */
  async start(): Promise<void> {
    await this.#registration.open();
    this.markEverything();
    const { clock } = this.#deps;
    this.#tasks.start('serving a pool', () =>
      runReconciler(
        {
          name: 'pool',
          observe: () => this.#pass(),
          decide: (recheckAfterMs) => ({ actions: [], recheckAfterMs }),
          execute: () => Promise.resolve(),
        },
        { clock, log: this.#log, wakeup: this.#wakeup },
        this.#stopped.signal,
      ),
    );
  }

  /** The configuration has changed, or the provider was opened anew. */
  configure(runtime: ProviderRuntime, pool: PoolConfig): void {
    this.#runtime = runtime;
    this.#pool = pool;
    this.viewChanged();
  }

  /**
   * Takes no more requests, leaves the registry and hands back what is not fulfilled. Launches under way go on; their
   * nodes return to the pool.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#registration.close();
    for (const handler of this.#handlers.values()) handler.reset();
    this.#stopped.abort(new DOMException('the pool was stopped', 'AbortError'));
    this.#tasks.cancelDelayed();
    await this.#tasks.idle();
  }

  /** Ends the loop and nothing else: locks and the registration end with the session. */
  abandon(): void {
    this.#stopping = true;
    this.#stopped.abort(new DOMException('the launcher was stopped', 'AbortError'));
    this.#tasks.cancelDelayed();
  }

  requestChanged({ before, after }: CacheChange<CachedRequest>): void {
    const id = (after ?? before)?.record.id ?? '';
    const handler = this.#handlers.get(id);
    if (after === undefined) {
      this.#backlog.drop(id);
      handler?.cancel();
    } else if (after.record.state !== 'requested') {
      this.#backlog.drop(id);
    } else if (handler === undefined) {
      this.#backlog.mark(after);
    } else return;
    this.#wakeup.mark();
  }

  nodeChanged({ before, after }: CacheChange<CachedNode>): void {
    const tenant = before?.record.tenantName ?? null;
    if (tenant !== null && after?.record.tenantName !== tenant) {
      this.#backlog.markWaiting((verdict) => verdict.kind === 'defer' && verdict.because === 'tenant');
      this.#wakeup.mark();
    }
    if ((after ?? before)?.record.provider === this.provider && this.#waitingRoom.size > 0) this.roomMayHaveAppeared();
  }

  /** Registered pools have come, gone or changed. */
  registryChanged(): void {
    this.#backlog.markWaiting(() => true);
    this.#wakeup.mark();
  }

  /** The configuration, the images, or what the cloud offers has changed. */
  viewChanged(): void {
    this.#stale = true;
    this.#backlog.markAll();
    this.roomMayHaveAppeared();
  }

  /** A slot or a launch is free again. */
  roomMayHaveAppeared(): void {
    this.#waitingRoom.roomMayHaveAppeared();
    this.#wakeup.mark();
  }

  /** Judges a request again, if it is still open. */
  look(id: string): void {
    const request = this.#deps.caches.requests.get(id);
    if (request?.record.state !== 'requested' || this.#handlers.has(id)) return;
    this.#backlog.mark(request);
    this.#wakeup.mark();
  }

  /** Forgets what it knows of the requests and looks at all of them. */
  markEverything(): void {
    for (const request of this.#deps.caches.requests.byState('requested')) {
      if (!this.#handlers.has(request.record.id)) this.#backlog.mark(request);
    }
    this.viewChanged();
  }

  /** Handles a request, so that nobody need fear for it. */
  handles(requestId: string): boolean {
    return this.#handlers.has(requestId);
  }

  /** How many more nodes of the label could be launched now. */
  roomFor(label: string): number {
    const reading = this.#read();
    const found = reading?.view.labels.get(label);
    if (reading === undefined || found === undefined || reading.unread.has(label)) return 0;
    if (!found.hasImage || found.brokenBecause !== undefined) return 0;
    if (this.#waitingRoom.size > 0 || this.#runtime.config.maxConcurrency === 0) return 0;
    return countFitting(roomOf(this.#context), found.needed);
  }

  state(): PoolState {
    return {
      id: this.id,
      provider: this.provider,
      pool: this.pool,
      requests: this.#backlog.size,
      handling: this.#handlers.size,
      paused: this.#waitingRoom.size,
      launches: this.#runtime.reservations.launches,
    };
  }

  #makeContext(): PoolContext {
    const worker = this;
    const { store, caches, clock, random, tenants, registered } = this.#deps;
    return {
      id: this.id,
      get runtime() {
        return worker.#runtime;
      },
      get pool() {
        return worker.#pool;
      },
      get view() {
        return worker.#knownView();
      },
      store,
      caches,
      clock,
      random,
      log: this.#log,
      claimedNodes: new Set<string>(),
      yieldedNodes: new Set<string>(),
      tasks: this.#tasks,
      tenants,
      registered,
    };
  }

  /** Plans are made only in a pass, and passes only with a reading. */
  #knownView(): PoolReading['view'] {
    const reading = this.#read();
    if (reading === undefined) throw new Error(`pool ${this.pool} was planned for before its provider was read`);
    return reading.view;
  }

  #read(): PoolReading | undefined {
    if (this.#stale) {
      this.#reading = readPool(this.id, this.#pool, this.#runtime, this.#deps.caches.images);
      this.#stale = false;
    }
    return this.#reading;
  }

  /** @returns when to look again without an event, milliseconds. */
  #pass(): number | undefined {
    if (this.#stopping || !this.#deps.online()) return undefined;
    const registered = this.#deps.registered();
    // Until the registry shows this pool, a refusal by all others would fail requests that it could serve.
    if (!registered.some(({ id }) => id === this.id)) return undefined;
    const reading = this.#read();
    if (reading === undefined) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const nextMs = this.#waitingRoom.pass(nowMs);
    for (const request of this.#backlog.takeDirty()) this.#judge(request, this.#verdict(request.record, reading));
    this.#takeNext(reading);
    this.#registration.publish({
      supportedLabels: labelNames(this.#pool),
      priority: this.#pool.priority,
      paused: this.#waitingRoom.size > 0,
    });
    return nextMs === undefined ? undefined : nextMs - nowMs;
  }

  #verdict(request: NodeRequest, { view, unread }: PoolReading): Verdict {
    if (request.nodeTypes.some((label) => unread.has(label))) return { kind: 'defer', because: 'unread' };
    const limits = request.tenantName === null ? undefined : this.#deps.tenantLimits().get(request.tenantName);
    return decideRequest({
      request,
      pool: view,
      stopping: this.#stopping,
      registered: this.#deps.registered(),
      labelQuota: undefined,
      tenant: limits === undefined ? undefined : { limits, used: this.#deps.tenants.of(request.tenantName ?? '') },
      paused: this.#waitingRoom.size > 0,
      activeLaunches: this.#runtime.reservations.launches,
      maxConcurrency: this.#runtime.config.maxConcurrency,
    });
  }

  #judge(request: CachedRequest, verdict: Verdict): void {
    this.#backlog.place(request, verdict);
    if (verdict.kind === 'decline') this.#decliner.decline(request.record.id, verdict.reasons);
  }

  #takeNext(reading: PoolReading): void {
    while (this.#starting < startsAtOnce) {
      const request = this.#backlog.next();
      if (request === undefined) return;
      const verdict = this.#verdict(request.record, reading);
      if (verdict.kind === 'wait') return;
      if (verdict.kind !== 'accept') this.#judge(request, verdict);
      else if (this.#deps.claims.has(request.record.id)) {
        this.#backlog.place(request, { kind: 'defer', because: 'claimed' });
      } else this.#take(request);
    }
  }

  #take(request: CachedRequest): void {
    const { id } = request.record;
    this.#backlog.drop(id);
    const handler = new RequestHandler(request, this.#context, {
      onPause: (paused) => this.#onPause(paused),
      onRefill: (paused) => {
        this.#waitingRoom.add(paused);
        this.roomMayHaveAppeared();
      },
      makeRoom: (nodeId) => this.#tasks.start('making room', () => giveUpIdleNode(nodeId, this.#context)),
      onEnd: (ended, how) => this.#onEnd(ended, how),
    });
    const plan = handler.plan();
    if (plan.end.kind === 'decline') {
      handler.undo(plan);
      this.#decliner.decline(id, plan.end.reasons);
      return;
    }
    this.#handlers.set(id, handler);
    if (handler.paused) this.#waitingRoom.add(handler);
    this.#deps.claims.take(id);
    this.#starting += 1;
    this.#tasks.start('taking a request', async () => {
      await handler.begin(plan);
      this.#starting -= 1;
      this.#deps.claims.release(id);
      this.#wakeup.mark();
    });
  }

  /** The next pass says when it is tried again, and tells the registry. */
  #onPause(handler: RequestHandler): void {
    if (this.#waitingRoom.has(handler)) return;
    this.#waitingRoom.add(handler);
    this.#wakeup.mark();
  }

  #onEnd(handler: RequestHandler, how: HandlerEnd): void {
    if (this.#handlers.get(handler.id) === handler) this.#handlers.delete(handler.id);
    this.#waitingRoom.delete(handler);
    if (how === 'missed') this.#lookLater(handler.id, lockedAgainMs);
    else if (how === 'reset') this.#lookLater(handler.id, resetAgainMs);
    else this.look(handler.id);
    this.#wakeup.mark();
  }

  /** No event tells when somebody lets go of a lock without a change. */
  #lookLater(id: string, afterMs: number): void {
    this.#tasks.startDelayed(this.#deps.clock, afterMs, () => this.#deps.claims.lookAgain(id));
  }
}

function labelNames(pool: PoolConfig): readonly string[] {
  return pool.labels.map(({ name }) => name);
}
