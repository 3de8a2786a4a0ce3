import type { CommandContext, DefineCommand } from '../command.js';
import { operate } from '../operate.js';

export const defineDibImageDelete: DefineCommand = (program, run) => {
  program
    .command('dib-image-delete')
    .description('delete an image build, its uploads and its files')
    .argument('<id>', 'build as dib-image-list shows it: <image>-<build id>')
    .action((id: string) => run((context) => deleteBuild(context, id)));
};

async function deleteBuild(context: CommandContext, id: string): Promise<number> {
  const operations = await import('@nodepool/operations');
  await operate(context, (operator) => operations.deleteBuild(operator, id), {
    NP_BUILD_UNKNOWN: `Build ${id} not found`,
    NP_IN_PROGRESS: 'Cannot delete a build in progress',
  });
  return 0;
}
