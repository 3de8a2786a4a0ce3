import { deletableNodeStates, type Node } from '@nodepool/model';

/** A node as the deletion looks at it, from the cache or again under its lock. */
export interface DeletionView {
  readonly node: Node;
  /** Somebody else has locked it, or we have for another purpose. */
  readonly locked: boolean;
  /** Its provider is in this launcher's configuration. */
  readonly ours: boolean;
  /** The request that it is allocated to exists; true when it is allocated to none. */
  readonly requestExists: boolean;
  /**
   * Where the launch of a half-made node could be carried on with: in this process, in another that serves its pool, or
   * nowhere; undefined is nowhere.
   */
  readonly resumable?: 'here' | 'elsewhere' | undefined;
}

export type DeletionVerdict =
  | { readonly kind: 'leave' }
  /** Promised to a request that is gone, or promised to nobody and still counted for a tenant: usable again. */
  | { readonly kind: 'deallocate' }
  /** Half made, and nobody's: brought to its end for the pool. */
  | { readonly kind: 'resume' }
  /** Only the record is left. */
  | { readonly kind: 'remove' }
  /** Instance, then record. */
  | { readonly kind: 'delete' };

/**
 * What becomes of an unlocked node. An unlocked `in-use` node dies, and a `building` one that nobody can carry on with:
 * this is how the loss of the client or of a launcher frees it. `init`, `testing` and `hold` are left alone.
 *
 * Source: docs/compatibility/launcher.md section 9.
 */
export function decideDeletion({ node, locked, ours, requestExists, resumable }: DeletionView): DeletionVerdict {
  if (locked) return { kind: 'leave' };
  if (deletableNodeStates.has(node.state) && node.provider === null) return { kind: 'remove' };
  if (!ours) return { kind: 'leave' };
  if (node.state === 'ready') return isNobodys(node, requestExists) ? { kind: 'deallocate' } : { kind: 'leave' };
  if (!deletableNodeStates.has(node.state)) return { kind: 'leave' };
  if (node.state === 'building' && resumable !== undefined) return { kind: resumable === 'here' ? 'resume' : 'leave' };
  return { kind: node.state === 'deleted' ? 'remove' : 'delete' };
}

/** A launcher of the Python release leaves the tenant on a node that it gives back. */
function isNobodys({ allocatedTo, tenantName }: Node, requestExists: boolean): boolean {
  return allocatedTo === null ? tenantName !== null : !requestExists;
}

/** How long a half-made node is left to the requests that could use it, milliseconds. */
const resumePatienceMs = 3_000;

/**
 * How long a node must have looked like this before it is acted on, milliseconds. While the tree is walked after a
 * reconnect, the cache may learn that a lock is gone before it learns what was written under it: a node that was just
 * handed out then looks like one whose launcher died.
 */
export function patienceMs({ state }: Pick<Node, 'state'>, verdict: DeletionVerdict['kind']): number {
  if (verdict === 'resume') return resumePatienceMs;
  return state === 'building' || state === 'in-use' ? 1_000 : 0;
}

/** A node that is to be acted on. */
export interface Marked {
  readonly id: string;
  /** Monotonic milliseconds. */
  readonly dueMs: number;
}

/** Which nodes are due, and when the next one will be. */
export function decideDue(
  marked: Iterable<Marked>,
  nowMs: number,
): { readonly actions: readonly string[]; readonly recheckAfterMs: number | undefined } {
  const actions: string[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { id, dueMs } of marked) {
    if (dueMs <= nowMs) actions.push(id);
    else nextMs = Math.min(nextMs, dueMs);
  }
  return { actions, recheckAfterMs: Number.isFinite(nextMs) ? nextMs - nowMs : undefined };
}
