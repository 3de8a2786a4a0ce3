import {
  candidatePools,
  chooseZone,
  decideNode,
  declineReasons,
  type IdleNode,
  isProviderFull,
  makeRoomPatienceSec,
  type NodeView,
  type Placement,
  type PoolView,
  type Room,
  refuse,
  refusedBackoff,
  tryAnotherZone,
  type Waiting,
} from '@nodepool/launcher/decisions';
import { minReadyRequestor, type NodeRequest } from '@nodepool/model';
import { backoffMs } from '@nodepool/runtime';
import type { SimNode } from './inventory.js';
import type { World } from './world.js';

/** The pool that has a request in hand. */
export interface HandlingPool {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly zones: readonly string[];
  readonly view: PoolView;
  room(): Room;
  /** The request waits for room. */
  onPause(handling: Handling): void;
  /** A node was lost to it: it wants to be tried in the next pass. */
  onRefill(handling: Handling): void;
  /** It is in nobody's hands any more. */
  onEnd(handling: Handling): void;
  /** It was handed back, and is looked at again in a while. */
  lookLater(id: string): void;
}

interface Slot {
  readonly label: string;
  phase: 'empty' | 'working' | 'done';
  node: SimNode | undefined;
  /** For whom a node that existed counted before. */
  tenantBefore: string | null;
}

type PlanEnd =
  | { readonly kind: 'complete' }
  | { readonly kind: 'pause'; readonly makeRoom: SimNode | undefined }
  | { readonly kind: 'decline' }
  /** Its tenant may have no more. */
  | { readonly kind: 'release' };

export interface HandlingPlan {
  readonly taken: readonly Slot[];
  readonly end: PlanEnd;
}

/** What makes a node nobody's again. Source: packages/launcher/src/nodes/nobodys.ts. */
const nobodys = { allocatedTo: null, tenant: null };

/**
 * One request in the hands of a pool: what the launcher's handler does, without locks, records and clouds.
 *
 * Source: packages/launcher/src/requests/handler.ts and plan.ts.
 */
export class Handling implements Waiting {
  readonly #world: World;
  readonly #pool: HandlingPool;
  readonly #slots: readonly Slot[];
  readonly #placement: Placement = { az: undefined, fullZones: new Set(), without: new Set() };
  #request: NodeRequest;
  #paused = false;
  #ended = false;
  #refusals = 0;
  #notBeforeMs = 0;
  #pausedSinceMs = 0;

  constructor(request: NodeRequest, pool: HandlingPool, world: World) {
    this.#request = request;
    this.#pool = pool;
    this.#world = world;
    this.#slots = request.nodeTypes.map((label) => ({ label, phase: 'empty', node: undefined, tenantBefore: null }));
  }

  get id(): string {
    return this.#request.id;
  }

  get request(): NodeRequest {
    return this.#request;
  }

  get paused(): boolean {
    return this.#paused && !this.#ended;
  }

  get pausedSinceMs(): number {
    return this.#pausedSinceMs;
  }

  get notBeforeMs(): number {
    return this.#notBeforeMs;
  }

  get holdsNodes(): boolean {
    return this.#slots.some(({ phase }) => phase === 'done');
  }

  /** Takes what there is and what fits, node by node. Call {@link begin} or {@link undo} next. */
  plan(): HandlingPlan {
    const taken: Slot[] = [];
    const end = this.#fill(taken);
    this.#setPaused(end.kind === 'pause');
    return { taken, end };
  }

  undo({ taken }: HandlingPlan): void {
    for (const slot of taken) {
      const { node } = slot;
      if (node?.state === 'building') this.#world.inventory.remove(node);
      else if (node !== undefined) this.#world.inventory.change(node, { allocatedTo: null, tenant: slot.tenantBefore });
      slot.node = undefined;
      slot.phase = 'empty';
    }
  }

  begin(plan: HandlingPlan): void {
    this.#request = { ...this.#request, state: 'pending' };
    this.#world.requestChanged(this.#request);
    this.#carryOut(plan);
  }

  retry(): void {
    if (!this.paused || this.#world.agenda.nowMs < this.#notBeforeMs) return;
    this.#notBeforeMs = 0;
    this.#carryOut(this.plan());
  }

  /** The request was removed. */
  cancel(): void {
    if (!this.#ended) this.#release();
  }

  reset(): void {
    if (this.#ended) return;
    this.#letGo();
    // The pool still has it in hand and so does not mark it: the others come first.
    this.#world.requestChanged({ ...this.#request, state: 'requested' });
    this.#pool.onEnd(this);
    this.#pool.lookLater(this.id);
  }

  #setPaused(paused: boolean): void {
    if (paused && !this.#paused) this.#pausedSinceMs = this.#world.agenda.nowMs;
    this.#paused = paused;
  }

  #fill(taken: Slot[]): PlanEnd {
    if (declineReasons(this.#request, this.#pool.view).length > 0) return { kind: 'decline' };
    for (const slot of this.#slots) {
      if (slot.phase !== 'empty') continue;
      const view = this.#nodeView(slot.label);
      const decision = decideNode(view);
      switch (decision.kind) {
        case 'reuse':
          this.#reuse(slot, decision.node);
          break;
        case 'launch':
          this.#reserve(slot);
          break;
        case 'make-room':
          return { kind: 'pause', makeRoom: view.spare };
        case 'pause':
          return { kind: 'pause', makeRoom: undefined };
        case 'release':
          return { kind: 'release' };
        default:
          return { kind: 'decline' };
      }
      taken.push(slot);
    }
    return { kind: 'complete' };
  }

  #nodeView(label: string): NodeView & { readonly spare: SimNode | undefined } {
    const { provider, name, view } = this.#pool;
    const { inventory } = this.#world;
    const needed = view.labels.get(label)?.needed ?? {};
    const room = this.#pool.room();
    return {
      reuse: this.#request.reuse,
      forStock: this.#request.requestor === minReadyRequestor,
      az: this.#placement.az,
      idle: inventory.idle(provider, name, label),
      needed,
      room,
      tenant: this.#world.tenant(this.#request.tenantName),
      spare: this.#spare(isProviderFull(room, needed)),
      makingRoom: this.#isMakingRoom(isProviderFull(room, needed)),
    };
  }

  /** An idle node of the pool; of any pool where the account is full. */
  #spare(providerFull: boolean): SimNode | undefined {
    const { provider, name } = this.#pool;
    const { inventory } = this.#world;
    const [own] = inventory.idle(provider, name);
    if (own !== undefined || !providerFull) return own;
    for (const pool of this.#world.registered()) {
      const [other] = pool.provider === provider ? inventory.idle(provider, pool.name ?? '') : [];
      if (other !== undefined) return other;
    }
    return undefined;
  }

  #isMakingRoom(providerFull: boolean): boolean {
    const { provider, name } = this.#pool;
    const sinceMs = this.#world.agenda.nowMs - makeRoomPatienceSec * 1000;
    for (const node of this.#world.inventory.deleting()) {
      if (node.provider === provider && (providerFull || node.pool === name) && node.stateMs > sinceMs) return true;
    }
    return false;
  }

  #reuse(slot: Slot, { id }: IdleNode): void {
    const { provider, name } = this.#pool;
    const { inventory } = this.#world;
    const node = inventory.idle(provider, name, slot.label).find((idle) => idle.id === id);
    if (node === undefined) throw new Error(`node ${id} was chosen and is not idle`);
    slot.tenantBefore = node.tenant;
    inventory.change(node, { allocatedTo: this.id, tenant: this.#request.tenantName });
    slot.node = node;
    slot.phase = 'working';
  }

  #reserve(slot: Slot): void {
    const { provider, name, zones, view } = this.#pool;
    const { agenda, inventory, random } = this.#world;
    this.#placement.az ??= chooseZone(this.#placement, zones, random);
    slot.node = {
      id: this.#world.nextNodeId(),
      provider,
      pool: name,
      label: slot.label,
      az: this.#placement.az ?? null,
      resources: view.labels.get(slot.label)?.needed ?? {},
      state: 'building',
      stateMs: agenda.nowMs,
      allocatedTo: this.id,
      tenant: this.#request.tenantName,
      served: false,
    };
    slot.phase = 'working';
    inventory.add(slot.node);
  }

  #carryOut(plan: HandlingPlan): void {
    const { taken, end } = plan;
    if (end.kind === 'release') {
      this.undo(plan);
      this.reset();
      return;
    }
    for (const slot of taken) {
      const { node } = slot;
      if (node === undefined) continue;
      if (node.state === 'building') this.#launch(slot, node);
      else this.#done(slot, node);
      if (this.#ended) return;
    }
    if (end.kind === 'decline') this.#decline();
    else if (end.kind === 'pause') {
      if (end.makeRoom !== undefined) this.#world.deleteNode(end.makeRoom);
      this.#pool.onPause(this);
    }
  }

  #launch(slot: Slot, node: SimNode): void {
    const { agenda, clouds } = this.#world;
    this.#world.launchStarted(node);
    const { result, afterMs } = clouds.launch(node.provider, node.label);
    agenda.after(afterMs, () => {
      if (result === 'ready') this.#launched(slot, node);
      else this.#notLaunched(slot, node, result);
    });
  }

  #launched(slot: Slot, node: SimNode): void {
    const { agenda, inventory } = this.#world;
    const allocation = this.#ended ? nobodys : {};
    inventory.change(node, { state: 'ready', stateMs: agenda.nowMs, ...allocation });
    if (!this.#ended) this.#done(slot, node);
    this.#world.launchEnded(node, 'ready');
  }

  #notLaunched(slot: Slot, node: SimNode, result: 'failed' | 'aborted'): void {
    slot.node = undefined;
    slot.phase = 'empty';
    this.#world.deleteNode(node);
    this.#world.launchEnded(node, result);
    if (this.#ended) return;
    if (result === 'failed') this.#decline();
    else this.#refused(node.az ?? undefined);
  }

  #done(slot: Slot, node: SimNode): void {
    slot.node = node;
    slot.phase = 'done';
    if (this.#slots.some(({ phase }) => phase !== 'done')) return;
    this.#ended = true;
    this.#world.fulfilled(
      this.#request,
      this.#slots.flatMap((each) => each.node ?? []),
    );
    this.#pool.onEnd(this);
  }

  /** The cloud says that it is full, whatever the sums say. */
  #refused(az: string | undefined): void {
    const { agenda, random } = this.#world;
    if (this.#slots.every(({ phase }) => phase === 'empty')) {
      if (tryAnotherZone(this.#placement, az, this.#pool.zones)) {
        this.#setPaused(true);
        this.#pool.onRefill(this);
        return;
      }
      const others = candidatePools(this.#request, this.#world.registered());
      if (others.some(({ id }) => id !== this.#pool.id)) {
        this.#decline();
        return;
      }
    }
    this.#refusals += 1;
    this.#notBeforeMs = agenda.nowMs + backoffMs(refusedBackoff, this.#refusals, random.next());
    this.#setPaused(true);
    this.#pool.onPause(this);
  }

  #decline(): void {
    if (this.#ended) return;
    this.#release();
    this.#world.requestChanged({
      ...this.#request,
      ...refuse(this.#request, this.#pool.id, this.#world.registered()),
    });
  }

  #release(): void {
    this.#letGo();
    this.#pool.onEnd(this);
  }

  /** What is there goes back to the pool at once, what is being launched when it is done. */
  #letGo(): void {
    this.#ended = true;
    for (const { phase, node } of this.#slots) {
      if (phase === 'done' && node !== undefined) this.#world.inventory.change(node, nobodys);
    }
  }
}
