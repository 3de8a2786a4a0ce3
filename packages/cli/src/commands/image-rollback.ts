import { renderListing } from '@nodepool/listings';
import type { RollbackPlan } from '@nodepool/operations';
import type { CommandContext, DefineCommand } from '../command.js';
import { operate } from '../operate.js';
import { currentListing, keptText } from '../rollback/show.js';

interface RollbackOptions {
  readonly provider?: string;
  readonly dryRun: boolean;
  readonly reason?: string;
  readonly force: boolean;
}

export const defineImageRollback: DefineCommand = (program, run) => {
  program
    .command('image-rollback')
    .description('take the build in use back: pause the image, delete the build, use the one before')
    .argument('<image>', 'name of an image')
    .option('--provider <provider>', 'only there: its uploads go, and the build is not uploaded there again')
    .option('--dry-run', 'say what would happen, and change nothing', false)
    .option('--reason <text>', 'why, for image-history')
    .option('--force', 'even where a provider is left without a ready image', false)
    .action((image: string, options: RollbackOptions) => run((context) => rollBack(context, image, options)));
};

async function rollBack(context: CommandContext, image: string, options: RollbackOptions): Promise<number> {
  const { rollBackImage } = await import('@nodepool/operations');
  const done = await operate(context, (operator) => rollBackImage(operator, image, options));
  if (options.dryRun) context.print('Nothing was changed: this is what would happen.');
  if (done !== undefined) await show(context, image, done.result, options);
  return 0;
}

async function show(
  context: CommandContext,
  image: string,
  plan: RollbackPlan,
  { provider, dryRun }: RollbackOptions,
): Promise<void> {
  const builds = plan.retired.map((id) => `${image}-${id}`).join(', ');
  const will = (past: string, future: string): string => (dryRun ? future : past);
  if (provider === undefined) {
    context.print(`${image} ${will('is paused', 'would be paused')}: image-resume ends that.`);
    context.print(`${will('Deleted', 'Would delete')} ${builds}: uploads first, then files.`);
  } else {
    context.print(
      `${will('Deleted', 'Would delete')} the uploads of ${builds} in ${provider}; image-resume lets it be uploaded again.`,
    );
  }
  context.print('In use now:');
  context.print(await renderListing(currentListing(plan), 'table', context.clock.now()));
  context.print(keptText(image, plan));
}
