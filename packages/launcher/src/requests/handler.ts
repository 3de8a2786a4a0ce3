import type { NodeRequest } from '@nodepool/model';
import { backoffMs, errorCode, errorText, type Logger } from '@nodepool/runtime';
import type { CachedRequest, HeldNode, HeldRequest } from '@nodepool/store';
import { endOrphan } from '../launches/orphan.js';
import type { Acquired } from './acquire.js';
import { candidatePools, refuse } from './decide.js';
import { giveBack } from './give-back.js';
import { type Placement, tryAnotherZone, zonesOf } from './placement.js';
import { type Plan, planNodes, type Work } from './plan.js';
import type { PoolContext } from './pool-context.js';
import { clearSlot, emptySlot, type Slot } from './slot.js';
import type { Waiting } from './waiting-room.js';

/**
 * - `missed`: another has the request, or it is gone; nothing was done.
 * - `cancelled`: its owner has removed it.
 * - `lost`: its lock is gone.
 * - `reset`: handed back as `requested`, because this launcher stops.
 */
export type HandlerEnd = 'missed' | 'fulfilled' | 'declined' | 'cancelled' | 'lost' | 'reset';

export interface HandlerHooks {
  /** The handler waits for room. */
  onPause(handler: RequestHandler): void;
  /** A node was lost to it: it wants to be tried in the next pass. */
  onRefill(handler: RequestHandler): void;
  /** Deletes an idle node, to make room. */
  makeRoom(nodeId: string): void;
  onEnd(handler: RequestHandler, how: HandlerEnd): void;
}

/** The cloud has refused for quota although our own sums allowed it: it is asked again after growing pauses. */
const refusedBackoff = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 0.2 };

/**
 * One accepted request, from the lock to the end. Nothing here polls: every step is taken when the one before it has
 * answered. The lock of the request and those of its nodes are held until the end.
 *
 * Source: docs/compatibility/launcher.md sections 3 and 4.
 */
export class RequestHandler implements Waiting {
  readonly #seen: CachedRequest;
  readonly #context: PoolContext;
  readonly #hooks: HandlerHooks;
  readonly #log: Logger;
  readonly #slots: readonly Slot[];
  readonly #placement: Placement = { az: undefined, fullZones: new Set(), without: new Set() };
  #held: HeldRequest | undefined;
  #ended: HandlerEnd | undefined;
  #paused = false;
  #refusals = 0;
  #notBeforeMs = 0;
  #pausedSinceMs = 0;
  #completing = false;
  #gone = false;
  #stopping = false;

  constructor(seen: CachedRequest, context: PoolContext, hooks: HandlerHooks) {
    const { id, eventId, nodeTypes } = seen.record;
    this.#seen = seen;
    this.#context = context;
    this.#hooks = hooks;
    this.#log = context.log.child({ requestId: id, eventId }, `nodepool.driver.NodeRequestHandler[${context.id}]`);
    this.#slots = nodeTypes.map(emptySlot);
  }

  get id(): string {
    return this.#seen.record.id;
  }

  get request(): NodeRequest {
    return this.#seen.record;
  }

  /** Waits for room. */
  get paused(): boolean {
    return this.#paused && this.#ended === undefined;
  }

  get pausedSinceMs(): number {
    return this.#pausedSinceMs;
  }

  get holdsNodes(): boolean {
    return this.#slots.some(({ phase }) => phase === 'done');
  }

  /** A paused handler is not to be tried before this time, monotonic milliseconds. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  get ended(): HandlerEnd | undefined {
    return this.#ended;
  }

  /** Decides where the nodes come from and reserves them. Call {@link begin} or {@link undo} next. */
  plan(): Plan {
    const plan = planNodes(this.request, this.#slots, this.#placement, this.#context);
    this.#setPaused(plan.end.kind === 'pause');
    return plan;
  }

  /** Gives back what a plan has reserved. */
  undo(plan: Plan): void {
    for (const work of plan.works) {
      work.undo();
      clearSlot(work.slot);
    }
  }

  /** Takes the request and starts on the plan. Resolves when the request is taken, or was missed. */
  async begin(plan: Plan): Promise<void> {
    const held = await this.#context.store.requests.accept(this.#seen).catch((error: unknown) => {
      this.#log.warn({ error }, 'accepting request failed');
      return undefined;
    });
    if (held === undefined) {
      this.undo(plan);
      this.#end('missed');
      return;
    }
    this.#held = held;
    this.#log.info({ labels: this.request.nodeTypes, requestor: this.request.requestor }, 'accepted request');
    held.signal.addEventListener('abort', () => this.#lost(), { once: true });
    if (held.signal.aborted) this.#lost();
    this.#carryOut(plan);
    // Room may have appeared while the request was being taken.
    if (this.paused) this.#hooks.onRefill(this);
    if (this.#gone) this.cancel();
    if (this.#stopping) this.reset();
  }

  /** For a paused handler: decides anew, now that there may be room. */
  retry(): void {
    if (!this.paused || this.#held === undefined || this.#context.clock.monotonicMs() < this.#notBeforeMs) return;
    this.#notBeforeMs = 0;
    this.#carryOut(this.plan());
  }

  /** The request was removed: what is ready goes back to the pool, what is being launched will. */
  cancel(): void {
    this.#gone = true;
    if (this.#ended !== undefined || this.#completing || this.#held === undefined) return;
    this.#log.info({}, 'request was cancelled');
    this.#release('cancelled', (held) => held.release());
  }

  /** Hands the request back for another launcher to take. */
  reset(): void {
    this.#stopping = true;
    if (this.#ended !== undefined || this.#completing || this.#held === undefined) return;
    this.#release('reset', (held) => held.updateAndRelease({ state: 'requested', nodes: [] }));
  }

  #setPaused(paused: boolean): void {
    if (paused && !this.#paused) this.#pausedSinceMs = this.#context.clock.monotonicMs();
    this.#paused = paused;
  }

  #carryOut(plan: Plan): void {
    for (const work of plan.works) this.#start(work);
    if (this.#ended !== undefined) return;
    switch (plan.end.kind) {
      case 'complete':
        return;
      case 'decline':
        this.#decline(plan.end.reasons);
        return;
      case 'pause':
        this.#log.debug({ exceeded: plan.end.exceeded }, 'waiting for room');
        if (plan.end.makeRoom !== undefined) this.#hooks.makeRoom(plan.end.makeRoom);
        this.#hooks.onPause(this);
    }
  }

  #start(work: Work): void {
    const { tasks } = this.#context.runtime;
    tasks.start('getting a node', async () => {
      const acquired = await work.run().catch((error: unknown): Acquired => ({ kind: 'failed', error }));
      await this.#acquired(work.slot, acquired);
    });
  }

  async #acquired(slot: Slot, acquired: Acquired): Promise<void> {
    if (acquired.kind === 'node') return this.#gotNode(slot, acquired);
    clearSlot(slot);
    if (this.#ended !== undefined) return;
    switch (acquired.kind) {
      case 'again':
        if (acquired.without !== undefined) this.#placement.without.add(acquired.without);
        if (this.#slots.every(({ phase }) => phase === 'empty')) this.#placement.az = undefined;
        this.#refill();
        return;
      case 'no-room':
        this.#refused(acquired);
        return;
      case 'failed':
        this.#failed(acquired.error);
    }
  }

  async #gotNode(slot: Slot, { held, change, launched }: Acquired & { readonly kind: 'node' }): Promise<void> {
    slot.held = held;
    slot.launched = launched;
    slot.unwritten = change;
    slot.phase = 'done';
    if (this.#ended !== undefined) return giveBack(slot, this.#log);
    if (this.#slots.every(({ phase }) => phase === 'done')) return this.#complete();
    slot.unwritten = undefined;
    slot.writing = held.update(change);
    await slot.writing.then(slot.recorded, (error: unknown) => this.#nodeLost(slot, held, error));
  }

  /** Somebody has removed or unlocked a node of ours by force: another takes its place. */
  #nodeLost(slot: Slot, held: HeldNode, error: unknown): void {
    if (slot.held !== held) return;
    this.#log.warn({ nodeId: held.id, error }, 'lost a node of the request');
    this.#abandon(slot);
    if (this.#ended === undefined) this.#refill();
  }

  #abandon(slot: Slot): void {
    const { held, launched } = slot;
    const { runtime, store, tasks } = this.#context;
    clearSlot(slot);
    if (held === undefined || launched === null) return;
    tasks.start('ending an orphan', () => endOrphan(held.id, launched, { runtime, store, log: this.#log }));
  }

  /** Some slot is empty again: the pool plans for it in its next pass. */
  #refill(): void {
    this.#setPaused(true);
    this.#hooks.onRefill(this);
  }

  /** The cloud says that there is no room, whatever our own sums say. */
  #refused({ because, az }: Acquired & { readonly kind: 'no-room' }): void {
    const { pool, runtime, clock, random } = this.#context;
    const isBound = this.#slots.some(({ phase }) => phase !== 'empty');
    if (because === 'capacity' && !isBound) {
      if (tryAnotherZone(this.#placement, az, zonesOf(pool, runtime.readings))) {
        this.#refill();
        return;
      }
      if (this.#othersCould()) {
        this.#decline([`the cloud has no capacity for pool ${pool.name}`]);
        return;
      }
    }
    this.#refusals += 1;
    this.#notBeforeMs = clock.monotonicMs() + backoffMs(refusedBackoff, this.#refusals, random.next());
    this.#setPaused(true);
    this.#log.info({ because }, 'cloud has no room');
    this.#hooks.onPause(this);
  }

  #othersCould(): boolean {
    const { id } = this.#context;
    return candidatePools(this.request, this.#context.registered()).some((pool) => pool.id !== id);
  }

  #failed(error: unknown): void {
    const code = errorCode(error);
    if (code === 'NP_LOCK_LOST' || code === 'NP_RECORD_GONE') this.#refill();
    else this.#decline([`launch failed: ${errorText(error)}`]);
  }

  #decline(reasons: readonly string[]): void {
    if (this.#ended !== undefined) return;
    this.#log.info({ reasons }, 'declined request');
    const change = refuse(this.request, this.#context.id, this.#context.registered());
    this.#release('declined', (held) => held.updateAndRelease(change));
  }

  async #complete(): Promise<void> {
    this.#completing = true;
    try {
      await Promise.all(this.#slots.map(({ writing }) => writing));
      if (this.#ended !== undefined || this.#slots.some(({ phase }) => phase !== 'done')) return;
      await this.#fulfil();
    } catch (error) {
      this.#log.warn({ error }, 'fulfilling request failed');
      this.#afterFailedFulfil();
    } finally {
      this.#completing = false;
    }
  }

  async #fulfil(): Promise<void> {
    const request = this.#held;
    if (request === undefined) return;
    const nodes = this.#slots.flatMap(({ held }) => held ?? []);
    const last = this.#slots.find(({ unwritten }) => unwritten !== undefined);
    const lastChange =
      last?.held === undefined || last.unwritten === undefined
        ? undefined
        : { node: last.held, change: last.unwritten };
    const done = await this.#context.store.requests.fulfil(request, nodes, lastChange);
    this.#completing = false;
    if (!done) {
      this.cancel();
      return;
    }
    this.#log.info({ nodes: nodes.map(({ id }) => id) }, 'fulfilled request');
    this.#end('fulfilled');
  }

  #afterFailedFulfil(): void {
    this.#completing = false;
    if (this.#ended !== undefined) return;
    if (this.#held?.signal.aborted === true) {
      this.#lost();
      return;
    }
    for (const slot of this.#slots) {
      if (slot.held?.signal.aborted === true) this.#abandon(slot);
    }
    if (this.#slots.some(({ phase }) => phase === 'empty')) this.#refill();
    else this.#decline(['the nodes could not be handed over']);
  }

  #lost(): void {
    if (this.#ended !== undefined) return;
    this.#log.warn({}, 'lost the lock of the request');
    this.#release('lost', () => Promise.resolve());
  }

  /** Ends the handler: nodes go back first, then the request is written. */
  #release(how: HandlerEnd, finish: (held: HeldRequest) => Promise<void>): void {
    const held = this.#held;
    const done = this.#slots.filter(({ phase }) => phase === 'done');
    this.#ended = how;
    this.#context.tasks.start('ending a request', async () => {
      await Promise.all(done.map((slot) => giveBack(slot, this.#log)));
      if (held !== undefined) {
        await finish(held).catch((error: unknown) => {
          this.#log.info({ error }, 'request vanished before it was released');
        });
      }
      for (const slot of done) slot.recorded();
      this.#hooks.onEnd(this, how);
    });
  }

  #end(how: HandlerEnd): void {
    this.#ended = how;
    for (const slot of this.#slots) slot.recorded();
    this.#hooks.onEnd(this, how);
  }
}
