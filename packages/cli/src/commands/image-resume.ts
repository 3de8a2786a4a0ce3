import { errorCode } from '@nodepool/runtime';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { tellHistory } from '../tell-history.js';

export const defineImageResume: DefineCommand = (program, run) => {
  program
    .command('image-resume')
    .description('end what image-rollback has begun: build and upload the image again')
    .argument('<image>', 'name of an image')
    .action((image: string) => run((context) => resume(context, image)));
};

async function resume(context: CommandContext, image: string): Promise<number> {
  const { images } = await context.store();
  try {
    await images.setPaused(image, false);
  } catch (error) {
    if (errorCode(error) !== 'NP_RECORD_GONE') throw error;
    throw new CliError('NP_CLI_IMAGE_UNKNOWN', `image ${image} was never built, so there is nothing to resume`);
  }
  await images.removeHeldBack(image);
  await tellHistory(context, 'resumed', { image });
  return 0;
}
