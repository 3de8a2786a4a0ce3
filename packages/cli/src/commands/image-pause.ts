import type { CommandContext, DefineCommand } from '../command.js';
import { operate } from '../operate.js';

export const defineImagePause: DefineCommand = (program, run) => {
  program
    .command('image-pause')
    .description('stop building an image')
    .argument('<image>', 'name of an image')
    .action((image: string) => run((context) => pause(context, image)));
};

async function pause(context: CommandContext, image: string): Promise<number> {
  const { pauseImage } = await import('@nodepool/operations');
  await operate(context, (operator) => pauseImage(operator, image));
  return 0;
}
