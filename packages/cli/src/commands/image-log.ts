import type { CommandContext, DefineCommand } from '../command.js';
import { builderOf } from '../logs/find-builder.js';
import { streamLog } from '../logs/stream-log.js';

interface LogOptions {
  readonly follow: boolean;
  readonly gates: boolean;
}

export const defineImageLog: DefineCommand = (program, run) => {
  program
    .command('image-log')
    .description('show the log of a build, from the builder that has it')
    .argument('<build>', 'build as dib-image-list shows it: <image>-<build id>')
    .option('--follow', 'go on until the build has ended', false)
    .option('--gates', 'show what the gates of its uploads have left instead', false)
    .action((build: string, options: LogOptions) => run((context) => showLog(context, build, options)));
};

async function showLog(context: CommandContext, build: string, { follow, gates }: LogOptions): Promise<number> {
  const store = await context.store();
  const builder = await builderOf(store, build);
  await streamLog(context, builder, { build, follow: follow && !gates, kind: gates ? 'gates' : 'log' });
  return 0;
}
