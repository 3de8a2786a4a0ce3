import { buildName } from '@nodepool/model';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { followNextBuild } from '../logs/follow-build.js';
import { operate } from '../operate.js';

interface BuildOptions {
  readonly follow: boolean;
}

export const defineImageBuild: DefineCommand = (program, run) => {
  program
    .command('image-build')
    .description('ask the builders to build an image')
    .argument('<image>', 'name of a diskimage')
    .option('--follow', 'show the log of the build; exit with 1 when it fails', false)
    .action((image: string, options: BuildOptions) => run((context) => build(context, image, options)));
};

async function build(context: CommandContext, image: string, { follow }: BuildOptions): Promise<number> {
  const { assertBuildable, requestBuild } = await import('@nodepool/operations');
  const config = await context.config();
  // Said without a connection.
  assertBuildable(config, image);
  const ask = async (): Promise<void> => {
    await operate(context, (operator) => requestBuild(operator, config, image));
  };
  if (!follow) {
    await ask();
    return 0;
  }
  const store = await context.store();
  if (await store.images.isPaused(image)) context.warn(`${image} is paused: the build waits for image-unpause`);
  const made = await followNextBuild(context, store, image, ask);
  if (made.state !== 'failed') return 0;
  throw new CliError('NP_CLI_BUILD_FAILED', `build ${buildName(made)} failed`);
}
