import { nodeListing } from '@nodepool/listings';
import type { Node } from '@nodepool/model';
import type { OperatorContext } from '@nodepool/operations';
import type { Store } from '@nodepool/store';
import type { CommandContext } from './command.js';
import { printListing } from './format-option.js';
import { operate } from './operate.js';

/** Changes a node and prints it. The exit code is 0 also when there is no such node. */
export async function changeNode(
  context: CommandContext,
  id: string,
  change: (operator: OperatorContext, id: string) => Promise<Node>,
): Promise<number> {
  const changed = await operate(context, (operator) => change(operator, id), { NP_NODE_UNKNOWN: notFound(id) });
  if (changed !== undefined) await printNode(context, await context.store(), id);
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

function notFound(id: string): string {
  return `Node id ${id} not found`;
}

export function printNodeNotFound(context: CommandContext, id: string): void {
  context.print(notFound(id));
}

/** The table of one node; empty when it is gone. */
export async function printNode(context: CommandContext, store: Store, id: string): Promise<void> {
  const [found, locked] = await Promise.all([store.nodes.get(id), store.nodes.isLocked(id)]);
  const nodes = found === undefined ? [] : [{ record: found.record, locked }];
  await printListing(context, nodeListing(nodes, { detail: false, nowMs: context.clock.now() }), { format: 'table' });
}
