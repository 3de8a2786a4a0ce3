import { errorCode } from '@nodepool/runtime';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { tellHistory } from '../tell-history.js';

export const defineImagePause: DefineCommand = (program, run) => {
  program
    .command('image-pause')
    .description('stop building an image')
    .argument('<image>', 'name of an image')
    .action((image: string) => run((context) => pause(context, image)));
};

async function pause(context: CommandContext, image: string): Promise<number> {
  const store = await context.store();
  try {
    await store.images.setPaused(image, true);
  } catch (error) {
    if (errorCode(error) !== 'NP_RECORD_GONE') throw error;
    throw new CliError(
      'NP_CLI_IMAGE_UNKNOWN',
      `image ${image} was never built, so there is nothing to pause; set "pause: true" in the configuration instead`,
    );
  }
  await tellHistory(context, 'paused', { image });
  return 0;
}
