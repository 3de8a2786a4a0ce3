import { nodeListing } from '@nodepool/listings';
import type { Node, NodeState } from '@nodepool/model';
import type { Store } from '@nodepool/store';
import type { CommandContext } from './command.js';
import { printListing } from './format-option.js';
import { lockNode } from './lock-node.js';

/** Writes the state under the node's lock and prints the node. The exit code is 0 also when there is no such node. */
export async function setNodeState(context: CommandContext, id: string, state: NodeState): Promise<number> {
  const store = await context.store();
  const held = await lockNode(store, id, context.signal);
  if (held === undefined) {
    printNodeNotFound(context, id);
    return 0;
  }
  warnOfOthers(context, held.node);
  await held.updateAndRelease({ state });
  await printNode(context, store, id);
  return 0;
}

/** Any state is accepted, as always; what may surprise somebody is said. */
export function warnOfOthers(context: CommandContext, node: Node): void {
  if (node.state === 'init' || node.state === 'building') {
    context.warn(`node ${node.id} was ${node.state}: its launch had not ended`);
  } else if (node.state === 'ready' && node.allocatedTo !== null) {
    context.warn(`node ${node.id} was allocated to request ${node.allocatedTo}, whose owner may be about to use it`);
  }
}

export function printNodeNotFound(context: CommandContext, id: string): void {
  context.print(`Node id ${id} not found`);
}

/** The table of one node; empty when it is gone. */
export async function printNode(context: CommandContext, store: Store, id: string): Promise<void> {
  const [found, locked] = await Promise.all([store.nodes.get(id), store.nodes.isLocked(id)]);
  const nodes = found === undefined ? [] : [{ record: found.record, locked }];
  await printListing(context, nodeListing(nodes, { detail: false, nowMs: context.clock.now() }), { format: 'table' });
}
