import type { CommandContext, DefineCommand } from '../command.js';
import { operate } from '../operate.js';

export const defineImageUnpause: DefineCommand = (program, run) => {
  program
    .command('image-unpause')
    .description('build an image again')
    .argument('<image>', 'name of an image')
    .action((image: string) => run((context) => unpause(context, image)));
};

async function unpause(context: CommandContext, image: string): Promise<number> {
  const { unpauseImage } = await import('@nodepool/operations');
  // An image that does not exist is not paused: what was asked for holds.
  await operate(context, (operator) => unpauseImage(operator, image), { NP_IMAGE_UNKNOWN: '' });
  return 0;
}
