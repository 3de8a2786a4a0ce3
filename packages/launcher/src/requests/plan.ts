import type { PoolLabel } from '@nodepool/driver-api';
import { minReadyRequestor, type NodeRequest } from '@nodepool/model';
import type { Span } from '@nodepool/runtime';
import { decideNode, type IdleNode, makeRoomPatienceSec, type NodeDecision, type NodeView } from '../nodes/decide.js';
import { isProviderFull } from '../quota/fit.js';
import { type Acquired, launchNode, resumeNode, reuseNode } from './acquire.js';
import { candidates, spareNodes } from './candidates.js';
import { declineReasons } from './decline-reasons.js';
import { chooseZone, type Placement, zonesOf } from './placement.js';
import { type PoolContext, roomOf } from './pool-context.js';
import type { Slot } from './slot.js';

/** One node on its way; whatever it needs is reserved. */
export interface Work {
  readonly slot: Slot;
  run(): Promise<Acquired>;
  /** Gives back what was reserved, when the work will not be done. */
  undo(): void;
}

export interface Plan {
  readonly works: readonly Work[];
  readonly end:
    | { readonly kind: 'complete' }
    /** No room for the rest. */
    | { readonly kind: 'pause'; readonly exceeded: readonly string[]; readonly makeRoom: string | undefined }
    | { readonly kind: 'decline'; readonly reasons: readonly string[] }
    /** There is too little of what exists, where nothing is launched, or its tenant may have no more. */
    | { readonly kind: 'release'; readonly because: 'no-nodes' | 'tenant' };
}

/** What a plan is made for. */
export interface PlanInput {
  readonly request: NodeRequest;
  readonly slots: readonly Slot[];
  readonly placement: Placement;
  /** Aborts when launches are to be left to another launcher. */
  readonly letGo: AbortSignal;
  /** What launches are parts of. */
  readonly span: Span;
}

/**
 * Where the nodes for the empty slots come from, in the order of the request, reserving each before the next is
 * decided. Runs without awaiting anything, so that no other decision comes in between.
 */
export function planNodes(input: PlanInput, context: PoolContext): Plan {
  const { request, slots, placement } = input;
  const reasons = declineReasons(request, context.view);
  if (reasons.length > 0) return { works: [], end: { kind: 'decline', reasons } };
  const works: Work[] = [];
  for (const slot of slots) {
    if (slot.phase !== 'empty') continue;
    const decision = decideNode(nodeView(slot.label, request, placement, context));
    switch (decision.kind) {
      case 'reuse':
        works.push(reuse(slot, decision.node, input, context));
        break;
      case 'resume':
      case 'launch': {
        const work = launchOrResume(slot, decision, input, context);
        if (work === undefined) {
          return { works, end: { kind: 'decline', reasons: [`label ${slot.label} is not in the pool`] } };
        }
        works.push(work);
        break;
      }
      case 'release':
        return { works, end: { kind: 'release', because: decision.because } };
      case 'decline':
        return { works, end: { kind: 'decline', reasons: [`no room for more ${decision.exceeded.join(', ')}`] } };
      case 'make-room':
        return { works, end: { kind: 'pause', exceeded: [], makeRoom: decision.nodeId } };
      case 'pause':
        return { works, end: { kind: 'pause', exceeded: decision.exceeded, makeRoom: undefined } };
    }
  }
  return { works, end: { kind: 'complete' } };
}

function nodeView(label: string, request: NodeRequest, { az, without }: Placement, context: PoolContext): NodeView {
  const needed = context.view.labels.get(label)?.needed ?? {};
  const room = roomOf(context);
  const { promised, idle, unfinished } = candidates(label, request, without, context);
  return {
    reuse: request.reuse,
    forStock: request.requestor === minReadyRequestor,
    az,
    promised,
    idle,
    unfinished,
    onlyExisting: context.runtime.provider.onlyExisting === true,
    needed,
    room,
    tenant: context.tenants.of(request.tenantName),
    // Only looked at when there is no room.
    get spare() {
      return first(spareNodes(context, isProviderFull(room, needed), without));
    },
    get makingRoom() {
      return isMakingRoom(context, isProviderFull(room, needed));
    },
  };
}

function first<T>(items: Iterable<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}

/** Only one idle node at a time is given up for room. Source: docs/compatibility/launcher.md section 5. */
function isMakingRoom({ caches, runtime, pool, clock, yieldedNodes }: PoolContext, providerFull: boolean): boolean {
  if (yieldedNodes.size > 0) return true;
  const sinceSec = clock.now() / 1000 - makeRoomPatienceSec;
  for (const { record } of caches.nodes.byState('deleting')) {
    const near = record.provider === runtime.config.name && (providerFull || record.pool === pool.name);
    if (near && record.stateTimeSec > sinceSec) {
      return true;
    }
  }
  return false;
}

function reuse(slot: Slot, node: IdleNode, { request, placement }: PlanInput, context: PoolContext): Work {
  context.claimedNodes.add(node.id);
  placement.az ??= node.az ?? undefined;
  slot.phase = 'working';
  slot.recorded = reserveFor(request, node, slot.label, context);
  return {
    slot,
    run: () => reuseNode(node, slot.label, request, context),
    undo: () => void context.claimedNodes.delete(node.id),
  };
}

/** A node that its tenant has already counts in the records. */
function reserveFor(
  { tenantName }: NodeRequest,
  node: IdleNode,
  label: string,
  { tenants, view }: PoolContext,
): () => void {
  if (node.tenantName === tenantName) return () => undefined;
  return tenants.reserve(tenantName, view.labels.get(label)?.needed ?? {});
}

function launchOrResume(
  slot: Slot,
  decision: NodeDecision & { readonly kind: 'launch' | 'resume' },
  input: PlanInput,
  context: PoolContext,
): Work | undefined {
  const label = context.pool.labels.find(({ name }) => name === slot.label);
  if (label === undefined) return undefined;
  slot.phase = 'working';
  return decision.kind === 'launch'
    ? launch(slot, label, input, context)
    : resume(slot, label, decision.node, input, context);
}

function launch(
  slot: Slot,
  label: PoolLabel,
  { request, placement, letGo, span }: PlanInput,
  context: PoolContext,
): Work {
  const { pool, runtime, view, random } = context;
  placement.az ??= chooseZone(placement, zonesOf(pool, runtime.readings), random);
  const needed = view.labels.get(slot.label)?.needed ?? {};
  const reservation = runtime.reservations.take(pool.name, needed);
  slot.recorded = context.tenants.reserve(request.tenantName, needed);
  const onRecorded = (): void => slot.recorded();
  const plan = { pool, label, az: placement.az, needed, reservation, onRecorded, letGo, span };
  return { slot, run: () => launchNode(plan, request, context), undo: () => reservation.ended() };
}

/** Its record counts already, if not for the tenant; only the launch itself is new to this process. */
function resume(
  slot: Slot,
  label: PoolLabel,
  node: IdleNode,
  { request, placement, letGo, span }: PlanInput,
  context: PoolContext,
): Work {
  const { pool, runtime, claimedNodes } = context;
  claimedNodes.add(node.id);
  placement.az ??= node.az ?? undefined;
  slot.recorded = reserveFor(request, node, slot.label, context);
  const onRecorded = (): void => slot.recorded();
  const reservation = runtime.reservations.take(pool.name, {});
  const undo = (): void => {
    claimedNodes.delete(node.id);
    reservation.ended();
  };
  const plan = { nodeId: node.id, pool, label, reservation, onRecorded, letGo, span };
  return { slot, run: () => resumeNode(plan, request, context), undo };
}
