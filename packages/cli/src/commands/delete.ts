import type { HeldNode } from '@nodepool/store';
import { changeNode, printNode, printNodeNotFound, warnOfOthers } from '../change-node.js';
import type { CommandContext, DefineCommand } from '../command.js';
import { lockNode } from '../lock-node.js';

export const defineDelete: DefineCommand = (program, run) => {
  program
    .command('delete')
    .description('delete a node')
    .argument('<id>', 'node id')
    .option('--now', 'delete it here, and wait, instead of leaving it to the launcher', false)
    .action((id: string, options: DeleteOptions) =>
      run((context) => (options.now ? deleteNow(context, id) : leaveToLauncher(context, id))),
    );
};

interface DeleteOptions {
  readonly now: boolean;
}

async function leaveToLauncher(context: CommandContext, id: string): Promise<number> {
  const { deleteNode } = await import('@nodepool/operations');
  return await changeNode(context, id, deleteNode);
}

async function deleteNow(context: CommandContext, id: string): Promise<number> {
  const store = await context.store();
  const node = (await store.nodes.get(id))?.record;
  if (node === undefined) {
    printNodeNotFound(context, id);
    return 0;
  }
  // Only this command needs drivers.
  const { openProvider, removeInstances } = await import('../foreground-delete.js');
  await using provider = await openProvider(context, node.provider);
  if (provider === undefined) {
    context.print(`Provider ${node.provider} for node ${id} not defined on this launcher`);
    return 0;
  }
  const held = await lockNode(store, id, context.signal);
  if (held !== undefined)
    await removeNode(context, held, (signal) => removeInstances(context, provider, held.node, signal));
  await printNode(context, store, id);
  return 0;
}

async function removeNode(
  context: CommandContext,
  held: HeldNode,
  removeInstances: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    warnOfOthers(context, held.node);
    await held.update({ state: 'deleting' });
    await removeInstances(AbortSignal.any([held.signal, context.signal]));
    await held.remove();
  } catch (error) {
    // The record stays `deleting`: a launcher goes on from there.
    await held.release();
    throw error;
  }
}
