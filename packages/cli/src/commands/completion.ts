import { Argument } from 'commander';
import type { DefineCommand } from '../command.js';
import { completionScript, type Shell, shells } from '../completion/scripts.js';

export const defineCompletion: DefineCommand = (program, run) => {
  program
    .command('completion')
    .description('print what makes a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action((shell: Shell) =>
      run(async (context) => {
        context.print(completionScript(shell));
        return 0;
      }),
    );
};
