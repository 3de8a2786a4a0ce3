import type { CommandContext, DefineCommand } from '../command.js';
import { operate } from '../operate.js';

export const defineImageResume: DefineCommand = (program, run) => {
  program
    .command('image-resume')
    .description('end what image-rollback has begun: build and upload the image again')
    .argument('<image>', 'name of an image')
    .action((image: string) => run((context) => resume(context, image)));
};

async function resume(context: CommandContext, image: string): Promise<number> {
  const { resumeImage } = await import('@nodepool/operations');
  await operate(context, (operator) => resumeImage(operator, image));
  return 0;
}
