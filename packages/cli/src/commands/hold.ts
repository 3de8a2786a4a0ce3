import { setNodeState } from '../change-node.js';
import type { DefineCommand } from '../command.js';

export const defineHold: DefineCommand = (program, run) => {
  program
    .command('hold')
    .description('keep a node for debugging')
    .argument('<id>', 'node id')
    .action((id: string) => run((context) => setNodeState(context, id, 'hold')));
};
