import { errorCode } from '@nodepool/runtime';
import type { CommandContext, DefineCommand } from '../command.js';
import { tellHistory } from '../tell-history.js';

export const defineImageUnpause: DefineCommand = (program, run) => {
  program
    .command('image-unpause')
    .description('build an image again')
    .argument('<image>', 'name of an image')
    .action((image: string) => run((context) => unpause(context, image)));
};

async function unpause(context: CommandContext, image: string): Promise<number> {
  const store = await context.store();
  try {
    await store.images.setPaused(image, false);
    await tellHistory(context, 'resumed', { image });
  } catch (error) {
    // An image that does not exist is not paused: what was asked for holds.
    if (errorCode(error) !== 'NP_RECORD_GONE') throw error;
  }
  return 0;
}
