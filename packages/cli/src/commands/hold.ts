import { changeNode } from '../change-node.js';
import type { DefineCommand } from '../command.js';

export const defineHold: DefineCommand = (program, run) => {
  program
    .command('hold')
    .description('keep a node for debugging')
    .argument('<id>', 'node id')
    .action((id: string) =>
      run(async (context) => {
        const { holdNode } = await import('@nodepool/operations');
        return await changeNode(context, id, holdNode);
      }),
    );
};
