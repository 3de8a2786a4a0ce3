import type { PoolConfig } from '@nodepool/driver-api';
import type { NodeRequest } from '@nodepool/model';
import { type Clock, type Logger, type Random, runReconciler, type Tracer, Wakeup } from '@nodepool/runtime';
import type { CacheChange, CachedNode, CachedRequest, HeldRequest, Store, StoreCaches } from '@nodepool/store';
import type { UnfinishedNodes } from '../launches/unfinished.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { TenantUse } from '../quota/tenant-use.js';
import { Tasks } from '../tasks.js';
import { turnDelayMs } from '../turns.js';
import { Backlog } from './backlog.js';
import type { RequestClaims } from './claims.js';
import { decideRequest, type Verdict } from './decide.js';
import { Decliner } from './decliner.js';
import type { HandlerEnd } from './handler.js';
import { Handlers } from './handlers.js';
import { LabelQuota } from './label-quota.js';
import { PoolRegistration } from './pool-registration.js';
import type { PoolReading } from './pool-view.js';
import type { TurnTaker } from './registered-pools.js';
import { ServedPool } from './served-pool.js';
import { requestTurn } from './turn.js';

export interface PoolWorkerDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tracer: Tracer;
  readonly identity: { readonly fqdn: string; readonly hostname: string; readonly version: string | null };
  readonly claims: RequestClaims;
  readonly tenants: TenantUse;
  readonly unfinished: UnfinishedNodes;
  /** Every registered pool. */
  readonly registered: () => readonly TurnTaker[];
  /** What is decided for a tenant has come to nothing: all pools look at what waits for it. */
  readonly onTenantFreed: () => void;
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
/** So many at once of those that another pool should have taken: it may well be about to. */
const overdueAtOnce = 4;
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
  readonly #deps: PoolWorkerDeps;
  readonly #served: ServedPool;
  readonly #wakeup: Wakeup;
  readonly #backlog = new Backlog();
  readonly #handlers: Handlers;
  readonly #decliner: Decliner;
  readonly #labelQuota: LabelQuota;
  readonly #tasks: Tasks;
  readonly #registration: PoolRegistration;
  readonly #stopped = new AbortController();
  #stopping = false;

  constructor(runtime: ProviderRuntime, pool: PoolConfig, deps: PoolWorkerDeps) {
    const logName = `nodepool.PoolWorker.${runtime.config.name}-${pool.name}`;
    const log = deps.log.child({ provider: runtime.config.name, pool: pool.name }, logName);
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
    this.#tasks = new Tasks(log);
    this.#served = new ServedPool(runtime, pool, { ...deps, log }, this.#tasks);
    this.#registration = new PoolRegistration(this.#served.component(), deps.store.components, this.#tasks, log);
    this.#decliner = new Decliner(this.#served.context, (id) => this.#lookLater(id, lockedAgainMs));
    this.#labelQuota = new LabelQuota(this.#served.context);
    this.#handlers = new Handlers({
      context: this.#served.context,
      tasks: this.#tasks,
      decliner: this.#decliner,
      onChange: () => this.#wakeup.mark(),
      onEnd: (request, how) => this.#onEnd(request, how),
    });
  }

  get id(): string {
    return this.#served.id;
  }

  get provider(): string {
    return this.#served.runtime.config.name;
  }

  get pool(): string {
    return this.#served.config.name;
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
        { clock, log: this.#served.log, wakeup: this.#wakeup },
        this.#stopped.signal,
      ),
    );
  }

  configure(runtime: ProviderRuntime, pool: PoolConfig): void {
    this.#served.configure(runtime, pool);
    this.viewChanged();
  }

  /**
   * Takes no more requests, leaves the registry and hands back what is not fulfilled. Launches under way are left to
   * another launcher that serves the same pool; when there is none they go on, and their nodes return to the pool.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const how = this.#served.context.hasRivals() ? 'hand-over' : 'reset';
    await this.#registration.close();
    this.#handlers.reset(how);
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
    if (tenant !== null && after?.record.tenantName !== tenant) this.tenantFreed();
    if ((after ?? before)?.record.provider !== this.provider) return;
    if (this.#labelQuota.applies) {
      this.#backlog.markWaiting((verdict) => verdict.kind === 'defer' && verdict.because === 'label-quota');
      this.#wakeup.mark();
    }
    if (this.#handlers.waitingRoom.size > 0) this.roomMayHaveAppeared();
  }

  /** Some tenant uses less. */
  tenantFreed(): void {
    this.#backlog.markWaiting((verdict) => verdict.kind === 'defer' && verdict.because === 'tenant');
    this.#wakeup.mark();
  }

  /** Registered pools have come, gone or changed: so has whose turn it is. */
  registryChanged(): void {
    this.#backlog.markAll();
    this.#wakeup.mark();
  }

  /** The configuration, the images, or what the cloud offers has changed. */
  viewChanged(): void {
    this.#served.changed();
    this.#backlog.markAll();
    this.roomMayHaveAppeared();
  }

  /** A slot or a launch is free again. */
  roomMayHaveAppeared(): void {
    this.#handlers.waitingRoom.roomMayHaveAppeared();
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

  /** It can carry on with requests that others have left. */
  get canAdopt(): boolean {
    return !this.#stopping && this.#deps.online() && this.#served.read() !== undefined && this.#isRegistered();
  }

  /** Carries on with a `pending` request that is locked by us. Only when {@link canAdopt}. */
  adopt(held: HeldRequest): void {
    this.#handlers.adopt(held);
  }

  offers(label: string): boolean {
    return this.#served.labels.includes(label);
  }

  /** How many more nodes of the label could be launched now. */
  roomFor(label: string): number {
    return this.#handlers.waitingRoom.size > 0 ? 0 : this.#served.roomFor(label);
  }

  state(): PoolState {
    return {
      id: this.id,
      provider: this.provider,
      pool: this.pool,
      requests: this.#backlog.size,
      handling: this.#handlers.size,
      paused: this.#handlers.waitingRoom.size,
      launches: this.#served.runtime.reservations.launches,
    };
  }

  #isRegistered(): boolean {
    return this.#deps.registered().some(({ id }) => id === this.id);
  }

  /** @returns when to look again without an event, milliseconds. */
  #pass(): number | undefined {
    if (this.#stopping || !this.#deps.online()) return undefined;
    // Until the registry shows this pool, a refusal by all others would fail requests that it could serve.
    const reading = this.#isRegistered() ? this.#served.read() : undefined;
    if (reading === undefined) return undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    const { waitingRoom } = this.#handlers;
    const retryMs = waitingRoom.pass(nowMs);
    this.#labelQuota.begin();
    for (const request of this.#backlog.takeDirty())
      this.#judge(request, this.#verdict(request.record, reading), nowMs);
    this.#backlog.pass(nowMs);
    this.#takeNext(reading, nowMs);
    this.#registration.publish({
      supportedLabels: this.#served.labels,
      priority: this.#served.config.priority,
      paused: waitingRoom.size > 0,
    });
    const nextMs = Math.min(retryMs ?? Number.POSITIVE_INFINITY, this.#backlog.nextMs ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(nextMs) ? nextMs - nowMs : undefined;
  }

  #verdict(request: NodeRequest, { view, unread }: PoolReading): Verdict {
    if (request.nodeTypes.some((label) => unread.has(label))) return { kind: 'defer', because: 'unread' };
    const { config, reservations } = this.#served.runtime;
    return decideRequest({
      request,
      pool: view,
      stopping: this.#stopping,
      registered: this.#deps.registered(),
      labelQuota: this.#labelQuota.left,
      tenant: this.#deps.tenants.of(request.tenantName),
      paused: this.#handlers.waitingRoom.size > 0,
      activeLaunches: reservations.launches,
      maxConcurrency: config.maxConcurrency,
    });
  }

  #judge(request: CachedRequest, verdict: Verdict, nowMs: number): void {
    const isOurs = verdict.kind === 'accept' || verdict.kind === 'wait';
    const turn = isOurs ? requestTurn(request.record, this.id, this.#deps.registered()) : 0;
    this.#backlog.place(request, verdict, turn === 0 ? undefined : nowMs + turnDelayMs(turn));
    if (verdict.kind === 'decline') this.#decliner.decline(request.record.id, verdict.reasons);
  }

  /** First those whose turn it is with us, then a few of those that others have not taken in time. */
  #takeNext(reading: PoolReading, nowMs: number): void {
    const { random } = this.#deps;
    while (this.#handlers.starting < startsAtOnce) {
      const own = this.#backlog.next();
      if (own === undefined && this.#handlers.starting >= overdueAtOnce) return;
      const request = own ?? this.#backlog.nextOverdue(() => random.next());
      if (request === undefined) return;
      const verdict = this.#verdict(request.record, reading);
      if (verdict.kind === 'wait') return;
      if (verdict.kind !== 'accept') this.#judge(request, verdict, nowMs);
      else if (this.#deps.claims.has(request.record.id)) {
        this.#backlog.place(request, { kind: 'defer', because: 'claimed' });
      } else this.#take(request);
    }
  }

  #take(request: CachedRequest): void {
    const { id } = request.record;
    const { claims } = this.#deps;
    this.#backlog.drop(id);
    const how = this.#handlers.take(request, () => claims.release(id));
    if (how === 'no-nodes') this.#backlog.place(request, { kind: 'defer', because: 'label-quota' });
    if (how === 'tenant') this.#backlog.place(request, { kind: 'defer', because: 'tenant' });
    if (how !== 'taken') return;
    claims.take(id);
    this.#labelQuota.accepted(request.record);
  }

  #onEnd({ id, tenantName }: NodeRequest, how: HandlerEnd): void {
    if (how !== 'fulfilled' && tenantName !== null) this.#deps.onTenantFreed();
    if (how === 'missed') this.#lookLater(id, lockedAgainMs);
    else if (how === 'reset') this.#lookLater(id, resetAgainMs);
    else this.look(id);
  }

  /** No event tells when somebody lets go of a lock without a change. */
  #lookLater(id: string, afterMs: number): void {
    this.#tasks.startDelayed(this.#deps.clock, afterMs, () => this.#deps.claims.lookAgain(id));
  }
}
