import type { Node } from '@nodepool/model';
import type { HeldNode, NodeChange } from '@nodepool/store';
import { OperationError } from './errors.js';
import type { OperatorContext } from './operator-context.js';

/** As long as the tree's other clients expect an operator to wait. Source: docs/compatibility/zookeeper.md section 8.2. */
const nodeLockWaitMs = 5_000;

/**
 * Keeps a node for debugging.
 *
 * @param options.expiresAfterSec how long it may be held; without end when absent.
 * @returns the node as it is now.
 * @throws OperationError NP_NODE_UNKNOWN, NP_LOCKED; StoreError when the lock is lost.
 */
export function holdNode(
  context: OperatorContext,
  id: string,
  options: { readonly comment?: string | undefined; readonly expiresAfterSec?: number | undefined } = {},
): Promise<Node> {
  return changeNode(context, id, {
    state: 'hold',
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(options.expiresAfterSec === undefined ? {} : { holdExpirationSec: options.expiresAfterSec }),
  });
}

/** Has the launcher delete a node; failures as for {@link holdNode}. */
export function deleteNode(context: OperatorContext, id: string): Promise<Node> {
  return changeNode(context, id, { state: 'deleting' });
}

async function changeNode(context: OperatorContext, id: string, change: NodeChange): Promise<Node> {
  const held = await lockNode(context, id);
  try {
    warnOfOthers(context, held.node);
    return await held.update(change);
  } finally {
    await held.release();
  }
}

async function lockNode({ store, signal }: OperatorContext, id: string): Promise<HeldNode> {
  const held = await store.nodes.lock(id, { waitMs: nodeLockWaitMs, signal });
  if (held !== undefined) return held;
  signal.throwIfAborted();
  if ((await store.nodes.get(id)) === undefined) throw new OperationError('NP_NODE_UNKNOWN', `node ${id} not found`);
  throw new OperationError(
    'NP_LOCKED',
    `node ${id} is locked by another process, and was not released within ${nodeLockWaitMs / 1000} seconds`,
  );
}

/** Any state is accepted, as always; what may surprise somebody is said. */
function warnOfOthers({ warn }: OperatorContext, node: Node): void {
  if (node.state === 'init' || node.state === 'building') {
    warn(`node ${node.id} was ${node.state}: its launch had not ended`);
  } else if (node.state === 'ready' && node.allocatedTo !== null) {
    warn(`node ${node.id} was allocated to request ${node.allocatedTo}, whose owner may be about to use it`);
  }
}
