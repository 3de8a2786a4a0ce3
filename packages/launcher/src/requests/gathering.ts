import type { NodeRequest } from '@nodepool/model';
import { assertNever, type Logger, type Span } from '@nodepool/runtime';
import type { HeldNode, NodeChange } from '@nodepool/store';
import { endOrphan } from '../launches/orphan.js';
import type { Acquired } from './acquire.js';
import { giveBack } from './give-back.js';
import type { Placement } from './placement.js';
import { type Plan, planNodes, type Work } from './plan.js';
import type { PoolContext } from './pool-context.js';
import { clearSlot, emptySlot, type Slot } from './slot.js';

/** What has become of the nodes of a request, for whoever has it in hand. */
export interface GatheringEvents {
  /** All nodes are there; the record of the last one is not written yet. */
  onComplete(): void;
  /** Some slot is empty again. */
  onMissing(): void;
  /** The cloud says that there is no room. */
  onNoRoom(refusal: Acquired & { readonly kind: 'no-room' }): void;
  onFailed(error: unknown): void;
}

interface LastChange {
  readonly node: HeldNode;
  readonly change: NodeChange;
}

/** The nodes of one request: where they come from, which ones are there, and how they go back. */
export class Gathering {
  readonly slots: readonly Slot[];
  readonly placement: Placement = { az: undefined, fullZones: new Set(), without: new Set() };
  readonly #request: NodeRequest;
  readonly #context: PoolContext;
  readonly #events: GatheringEvents;
  readonly #log: Logger;
  readonly #span: Span;
  readonly #working = new Set<Promise<void>>();
  readonly #letGo = new AbortController();
  #closed = false;

  /** @param span what getting the nodes is a part of. */
  constructor(request: NodeRequest, context: PoolContext, events: GatheringEvents, log: Logger, span: Span) {
    this.#request = request;
    this.#context = context;
    this.#events = events;
    this.#log = log;
    this.#span = span;
    this.slots = request.nodeTypes.map(emptySlot);
  }

  /** Decides where the missing nodes come from and reserves them. Call {@link start} or {@link undo} next. */
  plan(): Plan {
    const input = {
      request: this.#request,
      slots: this.slots,
      placement: this.placement,
      letGo: this.#letGo.signal,
      span: this.#span,
    };
    return planNodes(input, this.#context);
  }

  /** Gives back what a plan has reserved. */
  undo(plan: Plan): void {
    for (const work of plan.works) {
      work.undo();
      clearSlot(work.slot);
    }
  }

  start(plan: Plan): void {
    for (const work of plan.works) this.#start(work);
  }

  /** Waits for writes under way; false when a node was lost meanwhile. */
  async isWritten(): Promise<boolean> {
    await Promise.all(this.slots.map(({ writing }) => writing));
    return this.slots.every(({ phase }) => phase === 'done');
  }

  /** The nodes in the order of the request, and the change that one of them still lacks. */
  outcome(): { readonly nodes: readonly HeldNode[]; readonly lastChange: LastChange | undefined } {
    const nodes = this.slots.flatMap(({ held }) => held ?? []);
    const last = this.slots.find(({ unwritten }) => unwritten !== undefined);
    const { held: node, unwritten: change } = last ?? {};
    return { nodes, lastChange: node === undefined || change === undefined ? undefined : { node, change } };
  }

  /** Drops the nodes whose locks are gone. */
  dropLost(): void {
    for (const slot of this.slots) if (slot.held?.signal.aborted === true) this.#abandon(slot);
  }

  /** From now on whatever comes goes back to the pool. Returns the nodes that are there. */
  close(): readonly Slot[] {
    this.#closed = true;
    return this.slots.filter(({ phase }) => phase === 'done');
  }

  /** Leaves launches under way to another launcher; resolves when their nodes are unlocked. */
  async letGo(): Promise<void> {
    this.#letGo.abort(new DOMException('left to another launcher', 'AbortError'));
    await Promise.all(this.#working);
  }

  #start(work: Work): void {
    const { tasks } = this.#context.runtime;
    tasks.start('getting a node', () => {
      const working = this.#work(work).finally(() => this.#working.delete(working));
      this.#working.add(working);
      return working;
    });
  }

  async #work(work: Work): Promise<void> {
    const acquired = await work.run().catch((error: unknown): Acquired => ({ kind: 'failed', error }));
    await this.#acquired(work.slot, acquired);
  }

  async #acquired(slot: Slot, acquired: Acquired): Promise<void> {
    if (acquired.kind === 'node') return this.#gotNode(slot, acquired);
    clearSlot(slot);
    if (this.#closed) return;
    switch (acquired.kind) {
      case 'again':
        if (acquired.without !== undefined) this.placement.without.add(acquired.without);
        if (this.slots.every(({ phase }) => phase === 'empty')) this.placement.az = undefined;
        return this.#events.onMissing();
      case 'no-room':
        return this.#events.onNoRoom(acquired);
      case 'failed':
        return this.#events.onFailed(acquired.error);
      case 'let-go':
        return;
      default:
        return assertNever(acquired);
    }
  }

  async #gotNode(slot: Slot, { held, change, launched }: Acquired & { readonly kind: 'node' }): Promise<void> {
    slot.held = held;
    slot.launched = launched;
    slot.unwritten = change;
    slot.phase = 'done';
    if (this.#closed) return giveBack(slot, this.#log);
    if (this.slots.every(({ phase }) => phase === 'done')) return this.#events.onComplete();
    slot.unwritten = undefined;
    slot.writing = held.update(change);
    await slot.writing.then(slot.recorded, (error: unknown) => this.#nodeLost(slot, held, error));
  }

  /** Somebody has removed or unlocked a node of ours by force: another takes its place. */
  #nodeLost(slot: Slot, held: HeldNode, error: unknown): void {
    if (slot.held !== held) return;
    this.#log.warn({ nodeId: held.id, error }, 'lost a node of the request');
    this.#abandon(slot);
    if (!this.#closed) this.#events.onMissing();
  }

  #abandon(slot: Slot): void {
    const { held, launched } = slot;
    const { runtime, store, tasks } = this.#context;
    clearSlot(slot);
    if (held === undefined || launched === null) return;
    tasks.start('ending an orphan', () => endOrphan(held.id, launched, { runtime, store, log: this.#log }));
  }
}
