import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';

export const defineImageBuild: DefineCommand = (program, run) => {
  program
    .command('image-build')
    .description('ask the builders to build an image')
    .argument('<image>', 'name of a diskimage')
    .action((image: string) => run((context) => requestBuild(context, image)));
};

async function requestBuild(context: CommandContext, image: string): Promise<number> {
  const diskimage = (await context.config()).diskimages.get(image);
  if (diskimage === undefined) {
    throw new CliError('NP_CLI_IMAGE_NOT_BUILDABLE', `Trying to build a non disk-image-builder image: ${image}`);
  }
  if (diskimage.pause) {
    throw new CliError('NP_CLI_IMAGE_NOT_BUILDABLE', `Skipping build request for image ${image}; paused`);
  }
  const store = await context.store();
  await store.images.requestBuild(image);
  return 0;
}
