import { renderListing } from '@nodepool/listings';
import type { RollbackPlan } from '@nodepool/operations';
import { retry } from '@nodepool/runtime';
import type { ImageStore } from '@nodepool/store';
import type { CommandContext, DefineCommand } from '../command.js';
import { CliError } from '../errors.js';
import { currentListing, keptText } from '../rollback/show.js';
import { tellHistory } from '../tell-history.js';

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
  const { images } = await context.store();
  const plan = await planFor(images, image, options.provider);
  if (plan.bereft.length > 0 && !options.force) throw leavesNothing(image, plan);
  if (options.dryRun) context.print('Nothing was changed: this is what would happen.');
  else await carryOut(context, images, image, plan, options);
  await show(context, image, plan, options);
  return 0;
}

async function planFor(images: ImageStore, image: string, provider: string | undefined): Promise<RollbackPlan> {
  const [builds, uploads] = await Promise.all([images.builds(image), images.uploads(image)]);
  const { planRollback } = await import('@nodepool/operations');
  const plan = planRollback({
    builds: builds.map(({ record }) => record),
    uploads: uploads.map(({ record }) => record),
    provider,
  });
  if (plan !== undefined) return plan;
  const where = provider === undefined ? '' : ` in ${provider}`;
  throw new CliError(
    'NP_CLI_IMAGE_UNUSED',
    `no build of ${image} is in use${where}, so there is nothing to go back from`,
  );
}

function leavesNothing(image: string, { bereft }: RollbackPlan): CliError {
  return new CliError(
    'NP_CLI_ROLLBACK_LEAVES_NOTHING',
    `this would leave ${bereft.join(', ')} without a ready image of ${image}, and its labels there without new nodes; nothing was changed. ` +
      'Name another provider with --provider, or say --force',
  );
}

/** The pause comes first, or a builder might start on the next bad build; uploads go before the build. */
async function carryOut(
  context: CommandContext,
  images: ImageStore,
  image: string,
  plan: RollbackPlan,
  { provider, reason }: RollbackOptions,
): Promise<void> {
  if (provider === undefined) await images.setPaused(image, true);
  else for (const buildId of plan.retired) await images.holdBack({ image, buildId, provider });
  for (const upload of plan.uploads) {
    const key = { ...upload, uploadId: upload.id };
    await insist(
      context,
      `upload ${upload.id} in ${upload.provider}`,
      async () => (await images.markUploadDeleting(key)) || (await images.upload(key)) === undefined,
    );
  }
  for (const buildId of provider === undefined ? plan.retired : []) {
    const key = { image, buildId };
    await insist(
      context,
      `build ${image}-${buildId}`,
      async () => (await images.markBuildDeleting(key)) || (await images.build(key)) === undefined,
    );
  }
  const [buildId = null] = plan.retired.slice(-1);
  await tellHistory(context, 'rolled-back', { image, buildId, provider: provider ?? null }, reason ?? null);
}

const lockPolicy = { initialMs: 100, factor: 2, maxMs: 1_000, attempts: 6, jitter: 0 };

/** A builder holds these locks for the blink of an eye. */
async function insist(context: CommandContext, what: string, mark: () => Promise<boolean>): Promise<void> {
  const attempt = async (): Promise<void> => {
    if (!(await mark())) throw new CliError('NP_CLI_LOCKED', `${what} is locked by a builder; try again`);
  };
  await retry(attempt, lockPolicy, () => 0, context);
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
