import type { NodeRequest } from '@nodepool/model';
import { assertNever, backoffMs, errorCode, errorText, type Logger } from '@nodepool/runtime';
import type { HeldRequest } from '@nodepool/store';
import type { Acquired } from './acquire.js';
import { candidatePools, refuse } from './decide.js';
import { Gathering } from './gathering.js';
import { giveBack } from './give-back.js';
import type { RequestAnswer } from './metrics.js';
import { tryAnotherZone, zonesOf } from './placement.js';
import type { Plan } from './plan.js';
import type { PoolContext } from './pool-context.js';
import { RequestTrace } from './request-trace.js';
import type { Waiting } from './waiting-room.js';

/**
 * - `missed`: another has the request, or it is gone; nothing was done.
 * - `cancelled`: its owner has removed it.
 * - `lost`: its lock is gone.
 * - `reset`: handed back as `requested`, for others or for later.
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
export const refusedBackoff = { initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: 0.2 };
/** A request that is handed over waits so long for its launches to be let go of. */
const handOverMs = 700;

/**
 * One request in hand, from the lock to the end. Nothing here polls: every step is taken when the one before it has
 * answered. The lock of the request and those of its nodes are held until the end.
 *
 * Source: docs/compatibility/launcher.md sections 3 and 4.
 */
export class RequestHandler implements Waiting {
  readonly request: NodeRequest;
  readonly #context: PoolContext;
  readonly #hooks: HandlerHooks;
  readonly #log: Logger;
  readonly #trace: RequestTrace;
  readonly #gathering: Gathering;
  #held: HeldRequest | undefined;
  #ended: HandlerEnd | undefined;
  #paused = false;
  #refusals = 0;
  #notBeforeMs = 0;
  #pausedSinceMs = 0;
  #completing = false;
  #gone = false;
  #stopping: 'reset' | 'hand-over' | undefined;

  constructor(request: NodeRequest, context: PoolContext, hooks: HandlerHooks) {
    const { id, eventId } = request;
    this.request = request;
    this.#context = context;
    this.#hooks = hooks;
    this.#trace = new RequestTrace(request, context);
    const fields = { requestId: id, eventId, ...this.#trace.logFields };
    this.#log = context.log.child(fields, `nodepool.driver.NodeRequestHandler[${context.id}]`);
    const events = {
      onComplete: () => void this.#complete(),
      onMissing: () => this.#refill(),
      onNoRoom: (refusal: Acquired & { readonly kind: 'no-room' }) => this.#refused(refusal),
      onFailed: (error: unknown) => this.#failed(error),
    };
    this.#gathering = new Gathering(request, context, events, this.#log, this.#trace.span);
  }

  get id(): string {
    return this.request.id;
  }

  /** Waits for room. */
  get paused(): boolean {
    return this.#paused && this.#ended === undefined;
  }

  get pausedSinceMs(): number {
    return this.#pausedSinceMs;
  }

  get holdsNodes(): boolean {
    return this.#gathering.slots.some(({ phase }) => phase === 'done');
  }

  /** A paused handler is not to be tried before this time, monotonic milliseconds. */
  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  /** Decides where the nodes come from and reserves them. Call {@link begin} or {@link undo} next. */
  plan(): Plan {
    const plan = this.#gathering.plan();
    this.#setPaused(plan.end.kind === 'pause');
    return plan;
  }

  /** Gives back what a plan has reserved. */
  undo(plan: Plan): void {
    this.#gathering.undo(plan);
  }

  /**
   * Takes the request and starts on the plan. Resolves when the request is taken, or was missed.
   *
   * @param take locks the request; undefined when another has it.
   */
  async begin(plan: Plan, take: () => Promise<HeldRequest | undefined>): Promise<void> {
    const held = await take().catch((error: unknown) => {
      this.#log.warn({ error }, 'accepting request failed');
      return undefined;
    });
    if (held === undefined) {
      this.undo(plan);
      this.#end('missed');
      return;
    }
    this.#held = held;
    this.#trace.taken();
    this.#log.info({ labels: this.request.nodeTypes, requestor: this.request.requestor }, 'accepted request');
    held.signal.addEventListener('abort', () => this.#lost(), { once: true });
    if (held.signal.aborted) this.#lost();
    this.#carryOut(plan);
    // Room may have appeared while the request was being taken.
    if (this.paused) this.#hooks.onRefill(this);
    if (this.#gone) this.cancel();
    if (this.#stopping !== undefined) this.reset(this.#stopping);
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

  /**
   * Hands the request back for another launcher to take.
   *
   * @param how `hand-over` leaves launches under way to it as well; `reset` lets them end here, for the pool.
   */
  reset(how: 'reset' | 'hand-over' = 'reset'): void {
    this.#stopping = how;
    if (this.#ended !== undefined || this.#completing || this.#held === undefined) return;
    this.#release('reset', async (held) => {
      if (how === 'hand-over') await this.#letGo();
      await held.updateAndRelease({ state: 'requested', nodes: [] });
    });
  }

  async #letGo(): Promise<void> {
    const answered = new AbortController();
    const late = this.#context.clock.sleep(handOverMs, answered.signal).catch(() => undefined);
    await Promise.race([this.#gathering.letGo(), late]);
    answered.abort();
  }

  #setPaused(paused: boolean): void {
    if (paused && !this.#paused) this.#pausedSinceMs = this.#context.clock.monotonicMs();
    if (paused !== this.#paused) this.#trace.waitsForRoom(paused);
    this.#paused = paused;
  }

  #carryOut(plan: Plan): void {
    const { end } = plan;
    if (end.kind === 'release') this.undo(plan);
    else this.#gathering.start(plan);
    if (this.#ended !== undefined) return;
    switch (end.kind) {
      case 'complete':
        return;
      case 'decline':
        this.#decline(end.reasons);
        return;
      case 'release':
        this.#log.info({ because: end.because }, 'left request until there are nodes for it');
        this.reset();
        return;
      case 'pause':
        this.#log.debug({ exceeded: end.exceeded }, 'waiting for room');
        if (end.makeRoom !== undefined) this.#hooks.makeRoom(end.makeRoom);
        this.#hooks.onPause(this);
        return;
      default:
        assertNever(end);
    }
  }

  /** Some slot is empty again: the pool plans for it in its next pass. */
  #refill(): void {
    this.#setPaused(true);
    this.#hooks.onRefill(this);
  }

  /** The cloud says that there is no room, whatever our own sums say. */
  #refused({ because, az }: Acquired & { readonly kind: 'no-room' }): void {
    const { pool, runtime, clock, random } = this.#context;
    const { slots, placement } = this.#gathering;
    const isBound = slots.some(({ phase }) => phase !== 'empty');
    if (because === 'capacity' && !isBound) {
      if (tryAnotherZone(placement, az, zonesOf(pool, runtime.readings))) {
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
    this.#measure(change.state === 'failed' ? 'failed' : 'declined');
    this.#release('declined', (held) => held.updateAndRelease(change));
  }

  async #complete(): Promise<void> {
    this.#completing = true;
    try {
      const isWritten = await this.#gathering.isWritten();
      if (this.#ended === undefined && isWritten) await this.#fulfil();
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
    const { nodes, lastChange } = this.#gathering.outcome();
    const done = await this.#context.store.requests.fulfil(request, nodes, lastChange);
    this.#completing = false;
    if (!done) {
      this.cancel();
      return;
    }
    this.#log.info({ nodes: nodes.map(({ id }) => id) }, 'fulfilled request');
    this.#measure('fulfilled');
    this.#gathering.close();
    this.#end('fulfilled');
  }

  #measure(answer: RequestAnswer): void {
    const { runtime, pool } = this.#context;
    runtime.requestMetrics.answered(this.request, pool.name, answer);
  }

  #afterFailedFulfil(): void {
    this.#completing = false;
    if (this.#ended !== undefined) return;
    if (this.#held?.signal.aborted === true) {
      this.#lost();
      return;
    }
    this.#gathering.dropLost();
    if (this.#stopping !== undefined) this.reset(this.#stopping);
    else if (this.#gathering.slots.some(({ phase }) => phase === 'empty')) this.#refill();
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
    const done = this.#gathering.close();
    this.#ended = how;
    this.#context.tasks.start('ending a request', async () => {
      await Promise.all(done.map((slot) => giveBack(slot, this.#log)));
      if (held !== undefined) {
        await finish(held).catch((error: unknown) => {
          this.#log.info({ error }, 'request vanished before it was released');
        });
      }
      for (const slot of done) slot.recorded();
      this.#trace.ended(how);
      this.#hooks.onEnd(this, how);
    });
  }

  #end(how: HandlerEnd): void {
    this.#ended = how;
    this.#trace.ended(how);
    for (const slot of this.#gathering.slots) slot.recorded();
    this.#hooks.onEnd(this, how);
  }
}
