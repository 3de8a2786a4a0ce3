import type { LabelConfig } from '@nodepool/config';
import { minReadyPriority, minReadyRequestor, type NewNodeRequest, type NodeRequest } from '@nodepool/model';
import {
  backoffMs,
  type Clock,
  type Decision,
  type Logger,
  type Random,
  type Reconciler,
  Semaphore,
  Wakeup,
} from '@nodepool/runtime';
import type { CacheChange, CachedNode, CachedRequest, Store, StoreCaches } from '@nodepool/store';
import { nobodys } from '../nodes/nobodys.js';
import type { Tasks } from '../tasks.js';
import { decideStock, type StockView } from './decide.js';
import { StockElections } from './elections.js';

export interface KeeperDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tasks: Tasks;
  readonly labels: () => Iterable<LabelConfig>;
  /** Some provider that serves the label has an image for it. */
  readonly hasImage: (label: string) => boolean;
  /** How many more nodes of the label the pools may have room for. */
  readonly roomFor: (label: string) => number;
  /** Some pool of this launcher offers the label. */
  readonly offers: (label: string) => boolean;
  /** Who stands for election: `<host name>-<pid>`. */
  readonly candidate: string;
  readonly online: () => boolean;
}

interface Setback {
  readonly failures: number;
  readonly notBeforeMs: number;
}

/** After requests for the stock of a label have failed, none is made for so long. */
export const failedBackoff = { initialMs: 2_000, factor: 2, maxMs: 60_000, jitter: 0 };
const writesAtOnce = 64;
/** How long the lock of a node that was just handed to us is waited for. */
const nodeLockMs = 1_000;
/** A request that could not be settled, as when ZooKeeper was away, is settled so much later. */
const settleAgainMs = 2_000;

/**
 * Keeps the standing stock of the labels that this launcher was elected for by asking for what is missing. Requests of
 * other keepers count like its own, and so do nodes that are on their way to nobody.
 *
 * Source: docs/compatibility/launcher.md section 11.
 */
export class MinReadyKeeper
  implements Reconciler<readonly StockView[], { readonly label: string; readonly count: number }>
{
  readonly name = 'min-ready';
  readonly wakeup: Wakeup;
  readonly #deps: KeeperDeps;
  readonly #elections: StockElections;
  /** Our requests that are not settled, by id. */
  readonly #open = new Map<string, string>();
  /** Requests that are about to be made. */
  readonly #making = new Map<string, number>();
  /** Requests for the stock, whoever has made them, that have not failed: their label by id. */
  readonly #asked = new Map<string, string>();
  readonly #askedByLabel = new Map<string, number>();
  readonly #settling = new Set<string>();
  readonly #setbacks = new Map<string, Setback>();
  readonly #writes = new Semaphore(writesAtOnce);

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
    this.wakeup = new Wakeup(deps.clock);
    this.#elections = new StockElections({ ...deps, onChange: () => this.wakeup.mark() });
    for (const { record } of deps.caches.requests.all()) this.#note(record.id, record);
  }

  /** The configuration has changed: stands for the labels that are to be kept and that this launcher offers. */
  configured(): void {
    const { labels, offers } = this.#deps;
    const kept = [...labels()].filter(({ name, minReady }) => minReady > 0 && offers(name));
    this.#elections.standFor(new Set(kept.map(({ name }) => name)));
    this.wakeup.mark();
  }

  /** Keeps nothing any more. */
  stop(): void {
    this.#elections.standFor(new Set());
  }

  /** Requests that wait for an answer. */
  get open(): number {
    return this.#open.size;
  }

  nodeChanged({ before, after }: CacheChange<CachedNode>): void {
    if (before?.record.state !== 'ready' && after?.record.state !== 'ready' && after !== undefined) return;
    this.wakeup.mark();
  }

  requestChanged({ before, after }: CacheChange<CachedRequest>): void {
    const id = (before ?? after)?.record.id ?? '';
    if (this.#note(id, after?.record)) this.wakeup.mark();
    if (this.#open.has(id)) this.#look(id);
  }

  observe(): readonly StockView[] {
    const { caches, labels, hasImage, roomFor, online } = this.#deps;
    if (!online()) return [];
    return [...labels()]
      .filter(({ name, minReady }) => minReady > 0 && this.#elections.leads(name))
      .map(({ name, minReady }) => ({
        label: name,
        minReady,
        ready: caches.nodes.readyCount(name),
        open: (this.#making.get(name) ?? 0) + (this.#askedByLabel.get(name) ?? 0),
        get coming() {
          return countComing(name, caches);
        },
        get hasImage() {
          return hasImage(name);
        },
        get room() {
          return roomFor(name);
        },
        notBeforeMs: this.#setbacks.get(name)?.notBeforeMs,
      }));
  }

  decide(stock: readonly StockView[]): Decision<{ readonly label: string; readonly count: number }> {
    const { requests, recheckAfterMs } = decideStock(stock, this.#deps.clock.monotonicMs());
    return { actions: requests, recheckAfterMs };
  }

  async execute({ label, count }: { readonly label: string; readonly count: number }): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#writes.run(() => this.#request(label))));
  }

  async #request(label: string): Promise<void> {
    const { store, random, log } = this.#deps;
    count(this.#making, label, 1);
    try {
      const options = { priority: minReadyPriority, ephemeral: true };
      const { record } = await store.requests.create(stockRequest(label, random.hexId()), options);
      log.info({ requestId: record.id, label, eventId: record.eventId }, 'requested node for the standing stock');
      this.#open.set(record.id, label);
      // Everything may have happened while the answer was on its way.
      const now = this.#deps.caches.requests.get(record.id)?.record ?? (await store.requests.get(record.id))?.record;
      if (now === undefined) this.#forget(record.id);
      else if (now.state !== 'requested' && now.state !== 'pending') this.#settle(now);
    } finally {
      count(this.#making, label, -1);
    }
  }

  #settle(request: NodeRequest): void {
    if (this.#settling.has(request.id)) return;
    this.#settling.add(request.id);
    const { store, tasks, clock, log } = this.#deps;
    const label = this.#open.get(request.id) ?? '';
    tasks.start('settling a min-ready request', async () => {
      try {
        await this.#writes.run(async () => {
          if (request.state === 'failed') this.#failed(label);
          else await this.#freeNodes(request);
          await store.requests.remove(request.id);
        });
      } catch (error) {
        log.warn({ requestId: request.id, label, error }, 'min-ready request not settled');
        this.#settling.delete(request.id);
        tasks.startDelayed(clock, settleAgainMs, () => this.#look(request.id));
        return;
      }
      this.#settling.delete(request.id);
      this.#forget(request.id);
    });
  }

  /** At one of our requests as it is now. */
  #look(id: string): void {
    const request = this.#deps.caches.requests.get(id)?.record;
    if (request === undefined) this.#forget(id);
    else if (request.state === 'fulfilled' || request.state === 'failed') this.#settle(request);
  }

  async #freeNodes({ id, nodes }: NodeRequest): Promise<void> {
    await Promise.all(
      nodes.map(async (nodeId) => {
        const held = await this.#deps.store.nodes.lock(nodeId, { waitMs: nodeLockMs });
        if (held === undefined) return;
        if (held.node.allocatedTo !== id) return held.release();
        this.#setbacks.delete(held.node.type[0] ?? '');
        await held.updateAndRelease(nobodys);
      }),
    );
  }

  /** Requests made together fail together: that is one setback. */
  #failed(label: string): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const before = this.#setbacks.get(label);
    if (before !== undefined && before.notBeforeMs > nowMs) return;
    const failures = (before?.failures ?? 0) + 1;
    this.#setbacks.set(label, { failures, notBeforeMs: nowMs + backoffMs(failedBackoff, failures, 0) });
    this.#deps.log.info({ label, failures }, 'standing stock could not be filled up');
  }

  #forget(id: string): void {
    const label = this.#open.get(id);
    if (label === undefined || this.#settling.has(id)) return;
    this.#open.delete(id);
    this.wakeup.mark();
  }

  /** @returns true when less is asked for than before. */
  #note(id: string, request: NodeRequest | undefined): boolean {
    const before = this.#asked.get(id);
    const isAsked = request?.requestor === minReadyRequestor && request.state !== 'failed';
    const after = isAsked ? request.nodeTypes[0] : undefined;
    if (before === after) return false;
    if (before !== undefined) count(this.#askedByLabel, before, -1);
    if (after !== undefined) count(this.#askedByLabel, after, 1);
    if (after === undefined) this.#asked.delete(id);
    else this.#asked.set(id, after);
    return before !== undefined;
  }
}

function count(counts: Map<string, number>, label: string, by: 1 | -1): void {
  const after = (counts.get(label) ?? 0) + by;
  if (after === 0) counts.delete(label);
  else counts.set(label, after);
}

/** Nodes with the label that are being launched for nobody: their request was cancelled, or its keeper has died. */
function countComing(label: string, { nodes, requests }: StoreCaches): number {
  let coming = 0;
  for (const { record } of nodes.byState('building')) {
    const isNobodys = record.allocatedTo === null || requests.get(record.allocatedTo) === undefined;
    if (isNobodys && record.type.includes(label)) coming += 1;
  }
  return coming;
}

function stockRequest(label: string, eventId: string): NewNodeRequest {
  return {
    nodeTypes: [label],
    reuse: false,
    requestor: minReadyRequestor,
    requestorData: null,
    provider: null,
    relativePriority: 0,
    eventId,
    tenantName: null,
    createdTimeSec: null,
  };
}
