import { retry } from '@nodepool/runtime';
import { OperationError } from '../errors.js';
import { type OperatorContext, tellHistory } from '../operator-context.js';
import { planRollback, type RollbackPlan } from './plan.js';

export interface RollbackOptions {
  /** Only in this provider; undefined is everywhere. */
  readonly provider?: string | undefined;
  /** Why, for the history. */
  readonly reason?: string | undefined;
  /** Changes nothing. */
  readonly dryRun: boolean;
  /** Even where a provider is left without a ready image. */
  readonly force: boolean;
}

/**
 * Takes the build in use back: pauses the image, has the build deleted, so that the one before is used.
 *
 * @returns what was done, or would be.
 * @throws OperationError NP_IMAGE_UNUSED, NP_ROLLBACK_LEAVES_NOTHING, NP_LOCKED.
 */
export async function rollBackImage(
  context: OperatorContext,
  image: string,
  options: RollbackOptions,
): Promise<RollbackPlan> {
  const plan = await planFor(context, image, options.provider);
  if (plan.bereft.length > 0 && !options.force) {
    throw new OperationError(
      'NP_ROLLBACK_LEAVES_NOTHING',
      `this would leave ${plan.bereft.join(', ')} without a ready image of ${image}, and its labels there without new nodes; nothing was changed. ` +
        'Name another provider, or force it (on the command line: --provider, --force)',
    );
  }
  if (!options.dryRun) await carryOut(context, image, plan, options);
  return plan;
}

async function planFor(
  { store: { images } }: OperatorContext,
  image: string,
  provider: string | undefined,
): Promise<RollbackPlan> {
  const [builds, uploads] = await Promise.all([images.builds(image), images.uploads(image)]);
  const plan = planRollback({
    builds: builds.map(({ record }) => record),
    uploads: uploads.map(({ record }) => record),
    provider,
  });
  if (plan !== undefined) return plan;
  const where = provider === undefined ? '' : ` in ${provider}`;
  throw new OperationError(
    'NP_IMAGE_UNUSED',
    `no build of ${image} is in use${where}, so there is nothing to go back from`,
  );
}

/** The pause comes first, or a builder might start on the next bad build; uploads go before the build. */
async function carryOut(
  context: OperatorContext,
  image: string,
  plan: RollbackPlan,
  { provider, reason }: RollbackOptions,
): Promise<void> {
  const { images } = context.store;
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
async function insist(context: OperatorContext, what: string, mark: () => Promise<boolean>): Promise<void> {
  const attempt = async (): Promise<void> => {
    if (!(await mark())) throw new OperationError('NP_LOCKED', `${what} is locked by a builder; try again`);
  };
  await retry(attempt, lockPolicy, () => 0, context);
}
