import type { PoolConfig, ProviderConfig } from '@nodepool/driver-api';
import {
  Backlog,
  countFitting,
  decideRequest,
  type PoolView,
  type Room,
  refuse,
  requestTurn,
  type TurnTaker,
  textHash,
  turnDelayMs,
  type Verdict,
  WaitingRoom,
} from '@nodepool/launcher/decisions';
import type { NodeRequest, Resources } from '@nodepool/model';
import { Handling, type HandlingPlan, type HandlingPool } from './handling.js';
import { cachedOf, type World } from './world.js';

/** A request that has given its nodes back leaves them to others for so long. Source: pool-worker.ts. */
const resetAgainMs = 2_000;

export interface SimPoolEvents {
  /** It wants a pass, at this time or at once. */
  onWake(pool: SimPool, atMs?: number): void;
  /** It has begun, or ceased, to wait for room. */
  onPausedChanged(pool: SimPool): void;
}

/**
 * One pool at work: what the launcher's pool worker does, without locks and caches.
 *
 * Source: packages/launcher/src/requests/pool-worker.ts.
 */
export class SimPool implements HandlingPool {
  readonly id: string;
  readonly config: PoolConfig;
  readonly #provider: ProviderConfig;
  readonly #world: World;
  readonly #events: SimPoolEvents;
  readonly #backlog = new Backlog();
  readonly #waitingRoom = new WaitingRoom<Handling>();
  readonly #handlings = new Map<string, Handling>();
  readonly #needs: ReadonlyMap<string, Resources>;
  #view: PoolView;
  #taker: TurnTaker;

  constructor(provider: ProviderConfig, config: PoolConfig, world: World, events: SimPoolEvents) {
    this.id = `PoolWorker.${provider.name}-${config.name}`;
    this.config = config;
    this.#provider = provider;
    this.#world = world;
    this.#events = events;
    this.#needs = new Map(config.labels.map(({ name }) => [name, world.clouds.needed(provider.name, name)]));
    this.#view = this.#makeView({});
    this.#taker = {
      id: this.id,
      name: config.name,
      provider: provider.name,
      labels: new Set(this.#needs.keys()),
      priority: config.priority,
      paused: false,
      takesTurns: true,
      hash: textHash(this.id),
    };
  }

  get name(): string {
    return this.config.name;
  }

  get provider(): string {
    return this.#provider.name;
  }

  get zones(): readonly string[] {
    return this.config.availabilityZones;
  }

  get view(): PoolView {
    return this.#view;
  }

  /** The pool as the others see it. */
  get taker(): TurnTaker {
    return this.#taker;
  }

  offers(label: string): boolean {
    return this.#needs.has(label);
  }

  room(): Room {
    const { inventory } = this.#world;
    return {
      providerFigure: this.#view.providerFigure,
      providerUsed: inventory.usedByProvider(this.provider),
      poolLimits: this.config.limits,
      poolUsed: inventory.usedByPool(this.provider, this.name),
    };
  }

  /** How many more nodes of the label could be launched now. */
  roomFor(label: string): number {
    const needed = this.#needs.get(label);
    const isShut = this.#waitingRoom.size > 0 || this.#provider.maxConcurrency === 0;
    return needed === undefined || isShut ? 0 : countFitting(this.room(), needed);
  }

  /** The account has other limits. */
  quotaChanged(limits: Resources): void {
    this.#view = this.#makeView(limits);
    this.#backlog.markAll();
    this.roomMayHaveAppeared();
  }

  requestChanged(request: NodeRequest): void {
    if (request.state !== 'requested') this.#backlog.drop(request.id);
    else if (!this.#handlings.has(request.id)) this.#backlog.mark(cachedOf(request));
    else return;
    this.#events.onWake(this);
  }

  requestRemoved(id: string): void {
    this.#backlog.drop(id);
    this.#handlings.get(id)?.cancel();
    this.#events.onWake(this);
  }

  /** A node of the provider has changed. */
  nodeChanged(): void {
    if (this.#waitingRoom.size > 0) this.roomMayHaveAppeared();
  }

  /** Some tenant uses less. */
  tenantChanged(): void {
    this.#backlog.markWaiting((verdict) => verdict.kind === 'defer' && verdict.because === 'tenant');
    this.#events.onWake(this);
  }

  registryChanged(): void {
    this.#backlog.markAll();
    this.#events.onWake(this);
  }

  roomMayHaveAppeared(): void {
    this.#waitingRoom.roomMayHaveAppeared();
    this.#events.onWake(this);
  }

  /** Judges what is marked and takes what there is room for. */
  pass(): void {
    const { nowMs } = this.#world.agenda;
    const retryMs = this.#waitingRoom.pass(nowMs);
    for (const { record } of this.#backlog.takeDirty()) this.#judge(record, this.#verdict(record), nowMs);
    this.#backlog.pass(nowMs);
    this.#takeNext(nowMs);
    const paused = this.#waitingRoom.size > 0;
    if (paused !== this.#taker.paused) {
      this.#taker = { ...this.#taker, paused };
      this.#events.onPausedChanged(this);
    }
    const nextMs = Math.min(retryMs ?? Number.POSITIVE_INFINITY, this.#backlog.nextMs ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(nextMs)) this.#events.onWake(this, nextMs);
  }

  onPause(handling: Handling): void {
    if (this.#waitingRoom.has(handling)) return;
    this.#waitingRoom.add(handling);
    this.#events.onWake(this);
  }

  onRefill(handling: Handling): void {
    this.#waitingRoom.add(handling);
    this.roomMayHaveAppeared();
  }

  onEnd(handling: Handling): void {
    this.#handlings.delete(handling.id);
    this.#waitingRoom.delete(handling);
    this.#events.onWake(this);
  }

  #makeView(limits: Resources): PoolView {
    const labels = Array.from(this.#needs, ([label, needed]) => {
      return [label, { needed, brokenBecause: undefined, hasImage: true }] as const;
    });
    return {
      id: this.id,
      provider: this.provider,
      priority: this.config.priority,
      labels: new Map(labels),
      limits: this.config.limits,
      providerFigure: this.config.ignoreProviderQuota ? undefined : limits,
    };
  }

  #verdict(request: NodeRequest): Verdict {
    return decideRequest({
      request,
      pool: this.#view,
      stopping: false,
      registered: this.#world.registered(),
      labelQuota: undefined,
      tenant: this.#world.tenant(request.tenantName),
      paused: this.#waitingRoom.size > 0,
      activeLaunches: this.#world.launches(this.provider),
      maxConcurrency: this.#provider.maxConcurrency,
    });
  }

  #judge(request: NodeRequest, verdict: Verdict, nowMs: number): void {
    const isOurs = verdict.kind === 'accept' || verdict.kind === 'wait';
    const turn = isOurs ? requestTurn(request, this.id, this.#world.registered()) : 0;
    this.#backlog.place(cachedOf(request), verdict, turn === 0 ? undefined : nowMs + turnDelayMs(turn));
    if (verdict.kind === 'decline') this.#decline(request);
  }

  #decline(request: NodeRequest): void {
    this.#world.requestChanged({ ...request, ...refuse(request, this.id, this.#world.registered()) });
  }

  #takeNext(nowMs: number): void {
    const { random } = this.#world;
    for (;;) {
      const next = this.#backlog.next() ?? this.#backlog.nextOverdue(() => random.next());
      if (next === undefined) return;
      const request = next.record;
      const verdict = this.#verdict(request);
      if (verdict.kind === 'wait') return;
      if (verdict.kind === 'accept') this.#take(request);
      else this.#judge(request, verdict, nowMs);
    }
  }

  #take(request: NodeRequest): void {
    this.#backlog.drop(request.id);
    const handling = new Handling(request, this, this.#world);
    const plan = handling.plan();
    if (plan.end.kind === 'decline') {
      handling.undo(plan);
      this.#decline(request);
    } else if (plan.end.kind === 'release') {
      handling.undo(plan);
      this.#backlog.place(cachedOf(request), { kind: 'defer', because: 'tenant' });
    } else this.#begin(handling, plan);
  }

  #begin(handling: Handling, plan: HandlingPlan): void {
    this.#handlings.set(handling.id, handling);
    if (handling.paused) this.#waitingRoom.add(handling);
    handling.begin(plan);
  }

  /** A request was handed back; it is left to others for a while. */
  lookLater(id: string): void {
    this.#world.agenda.after(resetAgainMs, () => {
      const request = this.#world.request(id);
      if (request?.state === 'requested') this.requestChanged(request);
    });
  }
}
