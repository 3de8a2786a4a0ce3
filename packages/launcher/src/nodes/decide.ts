import type { Resources } from '@nodepool/model';
import { exceededForTenant, exceededNow, type Room } from '../quota/fit.js';
import type { LimitedTenant } from '../quota/tenant-use.js';

/** A node that waits for work. */
export interface IdleNode {
  readonly id: string;
  readonly az: string | null;
  /** For whom it counts. */
  readonly tenantName?: string | null;
  /** It was launched for this very request: its zone was right then. */
  readonly ofRequest?: true;
}

/** One label that a request still needs a node for. */
export interface NodeView {
  /** The request allows nodes that exist already. */
  readonly reuse: boolean;
  /** The request only fills the standing stock: it never waits for room. */
  readonly forStock: boolean;
  /** Zone that the request is bound to; undefined while any will do. */
  readonly az: string | undefined;
  /** Ready nodes that are promised to this very request, after another launcher has left it. */
  readonly promised?: Iterable<IdleNode>;
  /** Idle nodes of the pool with the label, the longest ready first. */
  readonly idle: Iterable<IdleNode>;
  /** Nodes of the pool with the label that somebody has left half made, those for this request first. */
  readonly unfinished?: Iterable<IdleNode>;
  /** The pool launches nothing: it hands out what there is. */
  readonly onlyExisting?: boolean;
  readonly needed: Resources;
  readonly room: Room;
  /** Whose the request is, where that one may use only so much. */
  readonly tenant?: LimitedTenant | undefined;
  /** The pool's longest idle node of any label. */
  readonly spare: IdleNode | undefined;
  /** A node of the pool is on its way out, so that room is about to appear. */
  readonly makingRoom: boolean;
}

export type NodeDecision =
  | { readonly kind: 'reuse'; readonly node: IdleNode }
  /** Carry on with a launch that somebody has left half made. */
  | { readonly kind: 'resume'; readonly node: IdleNode }
  | { readonly kind: 'launch' }
  /** Leave the request to others until there is a node, or until its tenant may have one. */
  | { readonly kind: 'release'; readonly because: 'no-nodes' | 'tenant' }
  /** Delete `nodeId`, which serves nobody, and wait. */
  | { readonly kind: 'make-room'; readonly nodeId: string }
  | { readonly kind: 'pause'; readonly exceeded: readonly string[] }
  | { readonly kind: 'decline'; readonly exceeded: readonly string[] };

/**
 * Where the node for one label comes from. What a tenant may use is looked at for every node: a request that has
 * waited for room was taken when less was used.
 *
 * Source: docs/compatibility/launcher.md sections 4, 5 and 6.4.
 */
export function decideNode(view: NodeView): NodeDecision {
  const decision = findNode(view);
  return isBeyondTenant(view, decision) ? { kind: 'release', because: 'tenant' } : decision;
}

function isBeyondTenant({ tenant, needed }: NodeView, decision: NodeDecision): boolean {
  if (tenant === undefined) return false;
  const isTheirs = 'node' in decision && decision.node.tenantName === tenant.name;
  return !isTheirs && exceededForTenant(tenant.limits, tenant.used, [needed]).length > 0;
}

function findNode(view: NodeView): NodeDecision {
  const node = firstUsable(view.promised ?? [], view.az) ?? (view.reuse ? firstUsable(view.idle, view.az) : undefined);
  if (node !== undefined) return { kind: 'reuse', node };
  if (view.onlyExisting === true) return { kind: 'release', because: 'no-nodes' };
  const unfinished = firstUsable(view.unfinished ?? [], view.az);
  if (unfinished !== undefined) return { kind: 'resume', node: unfinished };
  const exceeded = exceededNow(view.room, view.needed);
  if (exceeded.length === 0) return { kind: 'launch' };
  if (view.forStock) return { kind: 'decline', exceeded };
  if (view.spare !== undefined && !view.makingRoom) return { kind: 'make-room', nodeId: view.spare.id };
  return { kind: 'pause', exceeded };
}

function firstUsable(idle: Iterable<IdleNode>, az: string | undefined): IdleNode | undefined {
  for (const node of idle) {
    if (az === undefined || node.az === az || node.ofRequest === true) return node;
  }
  return undefined;
}

/** A pool does not delete another idle node while one that is being deleted is younger than this. */
export const makeRoomPatienceSec = 300;
