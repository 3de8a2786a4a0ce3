import { printNode, printNodeNotFound, warnOfOthers } from '../change-node.js';
import type { CommandContext, DefineCommand } from '../command.js';
import { lockNode } from '../lock-node.js';

export const defineHold: DefineCommand = (program, run) => {
  program
    .command('hold')
    .description('keep a node for debugging')
    .argument('<id>', 'node id')
    .action((id: string) => run((context) => holdNode(context, id)));
};

async function holdNode(context: CommandContext, id: string): Promise<number> {
  const store = await context.store();
  const held = await lockNode(store, id, context.signal);
  if (held === undefined) {
    printNodeNotFound(context, id);
    return 0;
  }
  warnOfOthers(context, held.node);
  await held.updateAndRelease({ state: 'hold' });
  await printNode(context, store, id);
  return 0;
}
