import { type ImageBuild, parseBuildName } from '@nodepool/model';
import type { BuildKey, ImageStore, Stored } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { tellHistory } from '../tell-history.js';

export const defineDibImageDelete: DefineCommand = (program, run) => {
  program
    .command('dib-image-delete')
    .description('delete an image build, its uploads and its files')
    .argument('<id>', 'build as dib-image-list shows it: <image>-<build id>')
    .action((id: string) => run((context) => deleteBuild(context, id)));
};

async function deleteBuild(context: CommandContext, id: string): Promise<number> {
  const { images } = await context.store();
  const key = parseBuildName(id);
  const build = await buildOf(images, key);
  if (build?.record.state === 'building') {
    context.print('Cannot delete a build in progress');
    return 0;
  }
  if (key !== undefined && build !== undefined && (await images.markBuildDeleting(key))) {
    await tellHistory(context, 'build-deleted', key);
    return 0;
  }
  if (build === undefined || (await buildOf(images, key)) === undefined) {
    context.print(`Build ${id} not found`);
    return 0;
  }
  throw new CliError('NP_CLI_LOCKED', `build ${id} is locked by a builder; try again`);
}

async function buildOf(images: ImageStore, key: BuildKey | undefined): Promise<Stored<ImageBuild> | undefined> {
  return key === undefined ? undefined : await images.build(key);
}
