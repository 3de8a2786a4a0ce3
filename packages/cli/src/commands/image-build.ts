import { buildName } from '@nodepool/model';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { followNextBuild } from '../logs/follow-build.js';
import { tellHistory } from '../tell-history.js';

interface BuildOptions {
  readonly follow: boolean;
}

export const defineImageBuild: DefineCommand = (program, run) => {
  program
    .command('image-build')
    .description('ask the builders to build an image')
    .argument('<image>', 'name of a diskimage')
    .option('--follow', 'show the log of the build; exit with 1 when it fails', false)
    .action((image: string, options: BuildOptions) => run((context) => requestBuild(context, image, options)));
};

async function requestBuild(context: CommandContext, image: string, { follow }: BuildOptions): Promise<number> {
  const diskimage = (await context.config()).diskimages.get(image);
  if (diskimage === undefined) {
    throw new CliError('NP_CLI_IMAGE_NOT_BUILDABLE', `Trying to build a non disk-image-builder image: ${image}`);
  }
  if (diskimage.pause) {
    throw new CliError('NP_CLI_IMAGE_NOT_BUILDABLE', `Skipping build request for image ${image}; paused`);
  }
  const store = await context.store();
  const ask = async (): Promise<void> => {
    await store.images.requestBuild(image);
    await tellHistory(context, 'build-requested', { image });
  };
  if (!follow) {
    await ask();
    return 0;
  }
  if (await store.images.isPaused(image)) context.warn(`${image} is paused: the build waits for image-unpause`);
  const build = await followNextBuild(context, store, image, ask);
  if (build.state !== 'failed') return 0;
  throw new CliError('NP_CLI_BUILD_FAILED', `build ${buildName(build)} failed`);
}
