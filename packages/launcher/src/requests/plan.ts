import { minReadyRequestor, type NodeRequest } from '@nodepool/model';
import type { CachedNode } from '@nodepool/store';
import { decideNode, type IdleNode, makeRoomPatienceSec, type NodeView } from '../nodes/decide.js';
import { isProviderFull } from '../quota/fit.js';
import { type Acquired, launchNode, reuseNode } from './acquire.js';
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
    | { readonly kind: 'decline'; readonly reasons: readonly string[] };
}

/**
 * Where the nodes for the empty slots come from, in the order of the request, reserving each before the next is
 * decided. Runs without awaiting anything, so that no other decision comes in between.
 */
export function planNodes(
  request: NodeRequest,
  slots: readonly Slot[],
  placement: Placement,
  context: PoolContext,
): Plan {
  const reasons = declineReasons(request, context.view);
  if (reasons.length > 0) return { works: [], end: { kind: 'decline', reasons } };
  const works: Work[] = [];
  for (const slot of slots) {
    if (slot.phase !== 'empty') continue;
    const decision = decideNode(nodeView(slot.label, request, placement, context));
    switch (decision.kind) {
      case 'reuse':
        works.push(reuse(slot, decision.node, request, placement, context));
        break;
      case 'launch': {
        const work = launch(slot, request, placement, context);
        if (work === undefined) {
          return { works, end: { kind: 'decline', reasons: [`label ${slot.label} is not in the pool`] } };
        }
        works.push(work);
        break;
      }
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

function nodeView(label: string, request: NodeRequest, placement: Placement, context: PoolContext): NodeView {
  const { caches, runtime, pool, view } = context;
  const provider = runtime.config.name;
  const unclaimed = (nodes: Iterable<{ readonly record: IdleNode }>): Iterable<IdleNode> =>
    usable(nodes, context.claimedNodes, placement.without);
  const needed = view.labels.get(label)?.needed ?? {};
  const room = roomOf(context);
  return {
    reuse: request.reuse,
    forStock: request.requestor === minReadyRequestor,
    az: placement.az,
    idle: unclaimed(caches.nodes.idle(provider, pool.name, label)),
    needed,
    room,
    // Only looked at when there is no room.
    get spare() {
      return first(unclaimed(spareNodes(context, isProviderFull(room, needed))));
    },
    get makingRoom() {
      return isMakingRoom(context, isProviderFull(room, needed));
    },
  };
}

/** Idle nodes of the pool; those of other pools as well where it is the account that they fill. */
function* spareNodes({ caches, runtime, pool }: PoolContext, providerFull: boolean): Iterable<CachedNode> {
  const { name, pools } = runtime.config;
  yield* caches.nodes.idleInPool(name, pool.name);
  if (!providerFull) return;
  for (const other of pools) if (other.name !== pool.name) yield* caches.nodes.idleInPool(name, other.name);
}

function* usable(
  nodes: Iterable<{ readonly record: IdleNode }>,
  claimed: ReadonlySet<string>,
  without: ReadonlySet<string>,
): Iterable<IdleNode> {
  for (const { record } of nodes) {
    if (!claimed.has(record.id) && !without.has(record.id)) yield record;
  }
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

function reuse(slot: Slot, node: IdleNode, request: NodeRequest, placement: Placement, context: PoolContext): Work {
  context.claimedNodes.add(node.id);
  placement.az ??= node.az ?? undefined;
  slot.phase = 'working';
  slot.recorded = context.tenants.reserve(request.tenantName, context.view.labels.get(slot.label)?.needed ?? {});
  return {
    slot,
    run: () => reuseNode(node, slot.label, request, context),
    undo: () => void context.claimedNodes.delete(node.id),
  };
}

function launch(slot: Slot, request: NodeRequest, placement: Placement, context: PoolContext): Work | undefined {
  const { pool, runtime, view, random } = context;
  const label = pool.labels.find(({ name }) => name === slot.label);
  if (label === undefined) return undefined;
  placement.az ??= chooseZone(placement, zonesOf(pool, runtime.readings), random);
  const needed = view.labels.get(slot.label)?.needed ?? {};
  const reservation = runtime.reservations.take(pool.name, needed);
  slot.phase = 'working';
  slot.recorded = context.tenants.reserve(request.tenantName, needed);
  const onRecorded = (): void => slot.recorded();
  const plan = { pool, label, az: placement.az, needed, reservation, onRecorded };
  return { slot, run: () => launchNode(plan, request, context), undo: () => reservation.ended() };
}
