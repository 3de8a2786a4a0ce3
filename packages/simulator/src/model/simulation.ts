import type { Config } from '@nodepool/config';
import { expiresAtSec, type LimitedTenant, TenantUse, type TurnTaker } from '@nodepool/launcher/decisions';
import { minReadyPriority, minReadyRequestor, type NodeRequest } from '@nodepool/model';
import type { Random } from '@nodepool/runtime';
import { Clouds } from '../clouds/clouds.js';
import type { TraceRequest } from '../trace/schema.js';
import type { Wish, Workload } from '../trace/workload.js';
import { Agenda } from './agenda.js';
import { Inventory, type NodeBefore, type SimNode } from './inventory.js';
import { SimPool } from './pool.js';
import { Stock, stockRequest } from './stock.js';
import type { LaunchResult, World } from './world.js';

/** What an observer is told; times are those of the agenda. */
export interface SimulationEvents {
  nodeChanged(node: SimNode, before: NodeBefore | undefined, gone: boolean, nowMs: number): void;
  pausedChanged(provider: string, pool: string, paused: boolean, nowMs: number): void;
  launchEnded(node: SimNode, result: LaunchResult): void;
  /** A request of the trace has ended. */
  requestEnded(request: TraceRequest, how: 'fulfilled' | 'failed' | 'cancelled' | 'waiting', waitMs: number): void;
}

/** Requests that are still open so long after the last of the trace are given up. */
const patienceMs = 24 * 3_600_000;

/** A launcher with all pools of a configuration, its clouds and its clients, on a clock that jumps. */
export class Simulation implements World {
  readonly agenda: Agenda;
  readonly inventory: Inventory;
  readonly clouds: Clouds;
  readonly random: Random;
  readonly #config: Config;
  readonly #workload: Workload;
  readonly #events: SimulationEvents;
  readonly #pools: readonly SimPool[];
  readonly #stock: Stock;
  readonly #tenants: TenantUse;
  readonly #requests = new Map<string, NodeRequest>();
  /** Open requests of the trace, by the id that they have here. */
  readonly #traced = new Map<string, TraceRequest>();
  readonly #idOf = new Map<string, string>();
  readonly #launches = new Map<string, number>();
  readonly #awake = new Set<SimPool>();
  #registered: readonly TurnTaker[] = [];
  #stockAwake = true;
  #wishesLeft: number;
  #requestCount = 0;
  #nodeCount = 0;

  constructor(config: Config, workload: Workload, random: Random, events: SimulationEvents) {
    this.#config = config;
    this.#workload = workload;
    this.#events = events;
    this.random = random;
    this.clouds = new Clouds(workload, random);
    this.agenda = new Agenda(workload.startSec * 1000);
    this.inventory = new Inventory((node, before, gone) => this.#nodeChanged(node, before, gone));
    this.#tenants = new TenantUse(this.inventory, () => config.tenantLimits);
    this.#pools = [...config.providers.values()].flatMap((provider) =>
      provider.pools.map(
        (pool) =>
          new SimPool(provider, pool, this, {
            onWake: (woken, atMs) => this.#wake(woken, atMs),
            onPausedChanged: (changed) => this.#pausedChanged(changed),
          }),
      ),
    );
    this.#registered = this.#pools.map(({ taker }) => taker);
    this.#stock = new Stock(config.labels.values(), {
      world: this,
      pools: this.#pools,
      request: (label) => this.#requestStock(label),
      onWake: (atMs) => this.agenda.at(atMs, () => this.#wakeStock()),
    });
    this.#wishesLeft = workload.wishes.length;
    for (const wish of workload.wishes) this.agenda.at(wish.atSec * 1000, () => this.#wish(wish));
  }

  /**
   * Runs until every request of the trace has ended.
   *
   * @throws SimulatorError `NP_SIMULATE_UNKNOWN`.
   */
  run(): void {
    const untilMs = this.#workload.endSec * 1000 + patienceMs;
    // The limits known at the start hold before anything is kept in stock.
    while (this.agenda.nextMs === this.agenda.nowMs) this.agenda.step();
    this.#settle();
    while (this.#wishesLeft > 0 || this.#traced.size > 0) {
      const atMs = this.agenda.nextMs;
      if (atMs === undefined || atMs > untilMs) break;
      while (this.agenda.nextMs === atMs) this.agenda.step();
      this.#settle();
    }
    for (const [id, request] of this.#traced) this.#endTraced(id, request, 'waiting');
  }

  registered(): readonly TurnTaker[] {
    return this.#registered;
  }

  request(id: string): NodeRequest | undefined {
    return this.#requests.get(id);
  }

  requestChanged(request: NodeRequest): void {
    if (!this.#requests.has(request.id)) return;
    this.#requests.set(request.id, request);
    if (request.state === 'failed') this.#failed(request);
    else for (const pool of this.#pools) pool.requestChanged(request);
  }

  fulfilled(request: NodeRequest, nodes: readonly SimNode[]): void {
    const traced = this.#traced.get(request.id);
    this.#requests.delete(request.id);
    if (traced === undefined) {
      for (const node of nodes) this.inventory.change(node, { allocatedTo: null });
      this.#stock.ended({ ...request, state: 'fulfilled' });
      this.#wakeStock();
      return;
    }
    this.#endTraced(request.id, traced, 'fulfilled');
    for (const [place, node] of nodes.entries()) this.#use(traced, place, node);
  }

  tenant(name: string | null): LimitedTenant | undefined {
    return this.#tenants.of(name);
  }

  launches(provider: string): number {
    return this.#launches.get(provider) ?? 0;
  }

  launchStarted({ provider }: SimNode): void {
    this.#launches.set(provider, this.launches(provider) + 1);
  }

  launchEnded(node: SimNode, result: LaunchResult): void {
    this.#launches.set(node.provider, this.launches(node.provider) - 1);
    this.#events.launchEnded(node, result);
    for (const pool of this.#pools) if (pool.provider === node.provider) pool.roomMayHaveAppeared();
  }

  deleteNode(node: SimNode): void {
    this.inventory.change(node, { state: 'deleting', stateMs: this.agenda.nowMs });
    this.agenda.after(this.clouds.deleteMs(node.provider, node.label), () => this.inventory.remove(node));
  }

  nextNodeId(): string {
    this.#nodeCount += 1;
    return String(this.#nodeCount).padStart(10, '0');
  }

  /** Passes until nobody has anything more to decide at this moment. */
  #settle(): void {
    for (;;) {
      const [pool] = this.#awake;
      if (pool !== undefined) {
        this.#awake.delete(pool);
        pool.pass();
      } else if (this.#stockAwake) {
        this.#stockAwake = false;
        this.#stock.run();
      } else return;
    }
  }

  #wake(pool: SimPool, atMs?: number): void {
    if (atMs === undefined) this.#awake.add(pool);
    else this.agenda.at(atMs, () => this.#awake.add(pool));
  }

  #wakeStock(): void {
    this.#stockAwake = true;
  }

  #pausedChanged(changed: SimPool): void {
    this.#registered = this.#pools.map(({ taker }) => taker);
    const { paused } = changed.taker;
    this.#events.pausedChanged(changed.provider, changed.name, paused, this.agenda.nowMs);
    for (const pool of this.#pools) if (pool !== changed) pool.registryChanged();
    this.#wakeStock();
  }

  #nodeChanged(node: SimNode, before: NodeBefore | undefined, gone: boolean): void {
    this.#events.nodeChanged(node, before, gone, this.agenda.nowMs);
    if (before === undefined) return;
    const freed = before.tenant !== null && (gone || node.tenant !== before.tenant);
    for (const pool of this.#pools) {
      if (freed) pool.tenantChanged();
      if (pool.provider === node.provider) pool.nodeChanged();
    }
    if (gone || before.state === 'ready' || node.state === 'ready') this.#wakeStock();
    this.#watchAge(node);
  }

  /** A node that is idle for too long is deleted. */
  #watchAge(node: SimNode): void {
    const atSec = this.#expiresAtSec(node);
    if (atSec === undefined) return;
    this.agenda.at(atSec * 1000, () => {
      if (this.#expiresAtSec(node) === atSec) this.deleteNode(node);
    });
  }

  #expiresAtSec({ state, stateMs, label, allocatedTo }: SimNode): number | undefined {
    const maxReadyAgeSec = this.#config.labels.get(label)?.maxReadyAgeSec ?? 0;
    if (state !== 'ready' || maxReadyAgeSec === 0) return undefined;
    return expiresAtSec({
      node: { state, stateTimeSec: stateMs / 1000, type: [label], allocatedTo, holdExpirationSec: null },
      locked: false,
      ours: true,
      maxReadyAgeSec: new Map([[label, maxReadyAgeSec]]),
      maxHoldAgeSec: 0,
      requestExists: false,
    });
  }

  #wish(wish: Wish): void {
    this.#wishesLeft -= 1;
    switch (wish.kind) {
      case 'request':
        this.#create(wish.request);
        break;
      case 'revised':
        this.#revise(this.#idOf.get(wish.requestId) ?? '', wish.relativePriority);
        break;
      case 'cancelled':
        this.#cancel(this.#idOf.get(wish.requestId) ?? '');
        break;
      case 'quota':
        for (const pool of this.#pools) if (pool.provider === wish.provider) pool.quotaChanged(wish.limits);
        this.#wakeStock();
    }
  }

  #create(traced: TraceRequest): void {
    const id = this.#nextRequestId(traced.priority);
    this.#traced.set(id, traced);
    this.#idOf.set(traced.id, id);
    const { labels, relativePriority, provider, tenant, reuse, at } = traced;
    this.#open({
      ...stockRequest(id, '', at),
      nodeTypes: labels,
      reuse,
      requestor: 'trace',
      provider,
      relativePriority,
      tenantName: tenant,
    });
  }

  #requestStock(label: string): string {
    const id = this.#nextRequestId(minReadyPriority);
    this.#open(stockRequest(id, label, this.agenda.nowMs / 1000));
    return id;
  }

  #open(request: NodeRequest): void {
    this.#requests.set(request.id, request);
    for (const pool of this.#pools) pool.requestChanged(request);
  }

  #revise(id: string, relativePriority: number): void {
    const request = this.#requests.get(id);
    if (request?.state === 'requested') this.requestChanged({ ...request, relativePriority });
  }

  #cancel(id: string): void {
    const traced = this.#traced.get(id);
    if (traced === undefined) return;
    this.#endTraced(id, traced, 'cancelled');
    this.#requests.delete(id);
    for (const pool of this.#pools) pool.requestRemoved(id);
  }

  #failed(request: NodeRequest): void {
    this.#requests.delete(request.id);
    for (const pool of this.#pools) pool.requestRemoved(request.id);
    const traced = this.#traced.get(request.id);
    if (traced !== undefined) this.#endTraced(request.id, traced, 'failed');
    if (request.requestor === minReadyRequestor) this.#stock.ended(request);
    this.#wakeStock();
  }

  #endTraced(id: string, traced: TraceRequest, how: 'fulfilled' | 'failed' | 'cancelled' | 'waiting'): void {
    this.#traced.delete(id);
    this.#idOf.delete(traced.id);
    this.#events.requestEnded(traced, how, this.agenda.nowMs - traced.at * 1000);
  }

  #use(traced: TraceRequest, place: number, node: SimNode): void {
    node.served = true;
    this.inventory.change(node, { state: 'in-use', stateMs: this.agenda.nowMs });
    const heldMs = this.clouds.heldMs(traced.id, place, node.provider, node.label);
    this.agenda.after(heldMs, () => this.deleteNode(node));
  }

  #nextRequestId(priority: string): string {
    this.#requestCount += 1;
    return `${priority}-${String(this.#requestCount).padStart(10, '0')}`;
  }
}
