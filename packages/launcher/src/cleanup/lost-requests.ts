import { deletableNodeStates, type Node, type NodeState } from '@nodepool/model';
import { type Clock, type Decision, type Logger, type Reconciler, Wakeup } from '@nodepool/runtime';
import type { CacheChange, CachedNode, CachedRequest, HeldRequest, Store, StoreCaches } from '@nodepool/store';
import { storedLaunch } from '../launches/ticket.js';
import { nobodys } from '../nodes/nobodys.js';
import type { Turns } from '../requests/turns-taken.js';
import { decideLost, type Pending } from './decide-lost.js';

export interface LostRequestsDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  /** A worker of this process has the request in hand. */
  readonly handles: (requestId: string) => boolean;
  /** Whether this process serves the pool, or is about to. */
  readonly serves: (provider: string | null, pool: string | null) => 'now' | 'soon' | 'never';
  /** Has a pool carry on with a request that is locked by us; false when it cannot yet. */
  readonly adopt: (held: HeldRequest, provider: string, pool: string) => boolean;
  readonly turns: Pick<Turns, 'delayMs' | 'isServedElsewhere'>;
  readonly online: () => boolean;
}

/** How long a node's lock is waited for. */
const nodeLockMs = 1_000;
/** So many looks are made before a request is taken from a pool that is about to carry on with it. */
const patientLooks = 3;

/**
 * Pending requests whose launcher is gone: one whose nodes are there, or half made, in a pool that is served here is
 * carried on with; any other is requested anew.
 *
 * Source: docs/compatibility/launcher.md section 8, lost requests; that launches are carried on with is ours.
 */
export class LostRequests implements Reconciler<readonly Pending[], string> {
  readonly name = 'lost-requests';
  readonly wakeup: Wakeup;
  readonly #deps: LostRequestsDeps;
  /** Pending requests that we do not handle, by id. */
  readonly #pending = new Map<string, Pending>();

  constructor(deps: LostRequestsDeps) {
    this.#deps = deps;
    this.wakeup = new Wakeup(deps.clock);
  }

  requestChanged({ after, before }: CacheChange<CachedRequest>): void {
    const id = (after ?? before)?.record.id ?? '';
    if (after?.record.state !== 'pending') this.#pending.delete(id);
    else if (!this.#deps.handles(id)) this.#watch(id);
  }

  /** Should an event have been lost: looks which requests are pending. */
  lookAtAll(): void {
    for (const { record } of this.#deps.caches.requests.byState('pending')) {
      if (!this.#deps.handles(record.id)) this.#watch(record.id);
    }
  }

  /** A node that is promised to somebody was let go of. */
  nodeChanged({ after, before }: CacheChange<CachedNode>): void {
    const requestId = after?.record.allocatedTo ?? null;
    if (requestId === null || after?.locked !== false || before?.locked !== true) return;
    if (after.record.state === 'building' && this.#pending.has(requestId)) this.#suspect(requestId);
  }

  /** Some launcher is gone, or we were away: any of them may be nobody's. */
  suspectAll(): void {
    for (const { record } of this.#deps.caches.requests.byState('pending')) this.#suspect(record.id);
  }

  observe(): readonly Pending[] {
    const { handles, online } = this.#deps;
    if (!online()) return [];
    return [...this.#pending.values()].filter(({ id }) => !handles(id));
  }

  decide(pending: readonly Pending[]): Decision<string> {
    return decideLost(pending, this.#deps.clock.monotonicMs());
  }

  async execute(id: string): Promise<void> {
    const { store, handles, clock } = this.#deps;
    const seen = this.#pending.get(id);
    if (seen === undefined) return;
    this.#pending.set(id, { ...seen, looks: seen.looks + 1, sinceMs: clock.monotonicMs() });
    if (await store.requests.isLocked(id)) return;
    if (this.#mustWait(id)) return;
    const held = await store.requests.lock(id);
    if (held === undefined) return;
    if (held.request.state !== 'pending' || handles(id)) return held.release();
    if (!this.#carryOn(held)) await this.#reset(held);
  }

  /** The loop comes round often enough to see it in time. */
  #watch(id: string): void {
    if (!this.#pending.has(id)) this.#pending.set(id, this.#entry(id, false));
  }

  #suspect(id: string): void {
    this.#pending.set(id, this.#entry(id, true));
    this.wakeup.mark();
  }

  #entry(id: string, suspect: boolean): Pending {
    const { clock, turns } = this.#deps;
    const place = this.#placeOf(id);
    const delayMs = turns.delayMs(id, place?.provider ?? null, place?.pool ?? null);
    return { id, suspect, looks: 0, sinceMs: clock.monotonicMs(), delayMs };
  }

  /** The pool in which nodes of the request are ready or half made. */
  #placeOf(id: string): Node | undefined {
    for (const { record } of this.#deps.caches.nodes.allocatedTo(id)) {
      if (record.state === 'ready' || storedLaunch(record) !== undefined) return record;
    }
    return undefined;
  }

  /** Somebody is about to be able to carry on with it, this launcher or another: it is not reset at the first looks. */
  #mustWait(id: string): boolean {
    const { serves, turns } = this.#deps;
    const place = this.#placeOf(id);
    const looks = this.#pending.get(id)?.looks ?? 0;
    if (place === undefined || looks > patientLooks) return false;
    const here = serves(place.provider, place.pool);
    return here === 'soon' || (here === 'never' && turns.isServedElsewhere(place.provider, place.pool));
  }

  #carryOn(held: HeldRequest): boolean {
    const { adopt, log } = this.#deps;
    const place = this.#placeOf(held.id);
    if (place === undefined || place.provider === null || place.pool === null) return false;
    const adopted = adopt(held, place.provider, place.pool);
    if (adopted) log.info({ requestId: held.id, eventId: held.request.eventId }, 'carried on with request of another');
    return adopted;
  }

  async #reset(held: HeldRequest): Promise<void> {
    await this.#freeNodes(held.id);
    this.#deps.log.info({ requestId: held.id, eventId: held.request.eventId }, 'reset request whose launcher is gone');
    await held.updateAndRelease({ state: 'requested', nodes: [] });
  }

  async #freeNodes(requestId: string): Promise<void> {
    const { store, caches } = this.#deps;
    const nodes = [...caches.nodes.allocatedTo(requestId)];
    await Promise.all(
      nodes.map(async ({ record }) => {
        const held = await store.nodes.lock(record.id, { waitMs: nodeLockMs });
        if (held === undefined) return;
        if (held.node.allocatedTo !== requestId || isSpent(held.node.state)) return held.release();
        const state = held.node.state === 'init' ? ({ state: 'deleting' } as const) : {};
        await held.updateAndRelease({ ...state, ...nobodys });
      }),
    );
  }
}

/** It is deleted whoever it is promised to: there is nothing to give back. */
function isSpent(state: NodeState): boolean {
  return state !== 'building' && deletableNodeStates.has(state);
}
