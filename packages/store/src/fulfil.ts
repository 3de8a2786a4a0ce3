import { errorCode } from '@nodepool/runtime';
import type { MultiOp } from '@nodepool/zookeeper';
import { StoreHeldNode } from './held-node.js';
import type { Prepared } from './held-record.js';
import { StoreHeldRequest } from './held-request.js';
import type { HeldNode, HeldRequest, NodeChange } from './types.js';

export interface LastChange {
  readonly node: HeldNode;
  readonly change: NodeChange;
}

/**
 * The end of a request as one multi, in the order that other processes rely on: nodes unlocked, then the request
 * `fulfilled`, then the request unlocked. Source: docs/compatibility/launcher.md section 4.1.
 *
 * @returns false when the request is gone.
 */
export async function fulfilRequest(
  request: HeldRequest,
  nodes: readonly HeldNode[],
  lastChange?: LastChange,
): Promise<boolean> {
  const held = heldRequest(request);
  const heldNodes = nodes.map(heldNode);
  const ids = nodes.map((node) => node.id);
  const last = lastChange === undefined ? undefined : { held: heldNode(lastChange.node), change: lastChange.change };

  const prepare = (): Prepared => {
    const nodeData = last?.held.encode(last.change);
    const requestData = held.encode({ state: 'fulfilled', nodes: ids });
    const before: MultiOp[] = last === undefined || nodeData === undefined ? [] : [last.held.setOp(nodeData)];
    const unlocks = heldNodes.map((node) => node.lock.releaseOp());
    const requestPlace = before.length + unlocks.length;
    return {
      ops: [...before, ...unlocks, held.setOp(requestData), held.lock.releaseOp()],
      recover: () => held.recoverRelease(),
      settle: (results) => {
        if (last !== undefined && nodeData !== undefined) last.held.settle(nodeData, results[0]);
        held.settle(requestData, results[requestPlace]);
        for (const node of heldNodes) node.lock.released();
        held.lock.released();
      },
    };
  };
  try {
    await held.persist(prepare, last === undefined ? [] : [last.held]);
    return true;
  } catch (error) {
    if (errorCode(error) === 'NP_RECORD_GONE') return false;
    // Lets the signal of whichever lock was lost say so.
    await Promise.allSettled([held, ...heldNodes].map(({ lock }) => lock.verify()));
    throw error;
  }
}

function heldNode(node: HeldNode): StoreHeldNode['held'] {
  if (node instanceof StoreHeldNode) return node.held;
  throw new TypeError('the node was not locked through a store');
}

function heldRequest(request: HeldRequest): StoreHeldRequest['held'] {
  if (request instanceof StoreHeldRequest) return request.held;
  throw new TypeError('the request was not locked through a store');
}
