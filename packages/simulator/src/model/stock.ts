import type { LabelConfig } from '@nodepool/config';
import { decideStock, failedBackoff, type StockView } from '@nodepool/launcher/decisions';
import { minReadyRequestor, type NodeRequest } from '@nodepool/model';
import { backoffMs } from '@nodepool/runtime';
import type { SimPool } from './pool.js';
import type { World } from './world.js';

export interface StockDeps {
  readonly world: Pick<World, 'agenda' | 'inventory' | 'request'>;
  readonly pools: readonly SimPool[];
  /** Makes a request for one node of a label and returns its id. */
  readonly request: (label: string) => string;
  /** It wants to be run, at this time. */
  readonly onWake: (atMs: number) => void;
}

interface Setback {
  readonly failures: number;
  readonly notBeforeMs: number;
}

/**
 * Keeps the standing stock by asking for what is missing.
 *
 * Source: packages/launcher/src/min-ready/keeper.ts.
 */
export class Stock {
  readonly #labels: readonly LabelConfig[];
  readonly #deps: StockDeps;
  readonly #open = new Map<string, string>();
  readonly #openOf = new Map<string, number>();
  readonly #setbacks = new Map<string, Setback>();

  constructor(labels: Iterable<LabelConfig>, deps: StockDeps) {
    const kept = [...labels].filter(({ minReady }) => minReady > 0);
    this.#labels = kept.filter(({ name }) => deps.pools.some((pool) => pool.offers(name)));
    this.#deps = deps;
  }

  run(): void {
    const { nowMs } = this.#deps.world.agenda;
    const { requests, recheckAfterMs } = decideStock(
      this.#labels.map((label) => this.#view(label)),
      nowMs,
    );
    for (const { label, count } of requests) {
      for (let made = 0; made < count; made += 1) this.#count(this.#deps.request(label), label, 1);
    }
    if (recheckAfterMs !== undefined) this.#deps.onWake(nowMs + recheckAfterMs);
  }

  /** A request of the stock has ended. */
  ended(request: NodeRequest): void {
    const label = this.#open.get(request.id);
    if (label === undefined) return;
    this.#count(request.id, label, -1);
    if (request.state === 'failed') this.#failed(label);
    else this.#setbacks.delete(label);
  }

  #view({ name, minReady }: LabelConfig): StockView {
    const { world, pools } = this.#deps;
    return {
      label: name,
      minReady,
      ready: world.inventory.readyCount(name),
      open: this.#openOf.get(name) ?? 0,
      coming: this.#coming(name),
      hasImage: true,
      room: pools.reduce((room, pool) => room + pool.roomFor(name), 0),
      notBeforeMs: this.#setbacks.get(name)?.notBeforeMs,
    };
  }

  #coming(label: string): number {
    let coming = 0;
    for (const node of this.#deps.world.inventory.building()) {
      const isNobodys = node.allocatedTo === null || this.#deps.world.request(node.allocatedTo) === undefined;
      if (isNobodys && node.label === label) coming += 1;
    }
    return coming;
  }

  #count(id: string, label: string, by: 1 | -1): void {
    if (by === 1) this.#open.set(id, label);
    else this.#open.delete(id);
    this.#openOf.set(label, (this.#openOf.get(label) ?? 0) + by);
  }

  /** Requests made together fail together: that is one setback. */
  #failed(label: string): void {
    const { nowMs } = this.#deps.world.agenda;
    const before = this.#setbacks.get(label);
    if (before !== undefined && before.notBeforeMs > nowMs) return;
    const failures = (before?.failures ?? 0) + 1;
    this.#setbacks.set(label, { failures, notBeforeMs: nowMs + backoffMs(failedBackoff, failures, 0) });
  }
}

/** A request of the standing stock. */
export function stockRequest(id: string, label: string, nowSec: number): NodeRequest {
  return {
    id,
    state: 'requested',
    stateTimeSec: nowSec,
    createdTimeSec: nowSec,
    nodeTypes: [label],
    nodes: [],
    declinedBy: [],
    reuse: false,
    requestor: minReadyRequestor,
    requestorData: null,
    provider: null,
    relativePriority: 0,
    eventId: null,
    tenantName: null,
  };
}
