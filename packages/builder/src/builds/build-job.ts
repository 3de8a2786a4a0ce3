import { join } from 'node:path';
import type { DiskimageConfig } from '@nodepool/config';
import type { ImageBuild } from '@nodepool/model';
import { deadline } from '@nodepool/runtime';
import type { BuildChange, Stored, WorkLock } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { removeBuildFiles } from '../files/build-files.js';
import { startImageSpan, traceFields } from '../image-trace.js';
import { settle } from '../settle.js';
import { attemptBuild, type BuildOrder, type BuildOutcome } from './attempt.js';
import type { BuildAction } from './decide.js';
import type { BuildMetrics } from './metrics.js';
import { buildCircumstances } from './view.js';

/** How long the end of a build that was called off may take to be recorded, milliseconds. */
const farewellMs = 5_000;

/** Builds an image under its lock and records the result. */
export async function runBuild(
  context: BuilderContext,
  metrics: BuildMetrics,
  action: BuildAction,
  lock: WorkLock,
  signal: AbortSignal,
): Promise<void> {
  const image = action.diskimage.name;
  const buildId = context.random.hexId();
  const build = `${image}-${buildId}`;
  const span = startImageSpan(context.tracer, 'image build', { image, buildId });
  const log = context.log.child({ image, build, ...traceFields(span) });
  const config = context.config.current();
  const base = join(context.imagesDir.path, build);
  const order: BuildOrder = { config, diskimage: action.diskimage, formats: action.formats, build, base, span };

  context.jobs.builds.update(image, { buildId });
  const seen = await createRecord(context, action, buildId, lock);
  log.info({ reason: action.reason, formats: action.formats }, 'started build');
  const startedMs = context.clock.monotonicMs();
  const attempted = await attemptBuild(context, order, AbortSignal.any([signal, lock.signal]));
  const outcome = attempted.ok
    ? await recordSuccess(context, order, seen, attempted, lock, signal)
    : await recordFailure(context, order, seen, attempted);
  span.end(outcome.ok ? undefined : new Error(outcome.reason));
  metrics.finished(image, outcome, context.clock.monotonicMs() - startedMs, context.clock.now());

  if (outcome.ok) {
    log.info({ formats: action.formats }, 'finished build');
    context.history.tell('build-ready', { image, buildId }, action.reason);
    context.delays.builds.succeeded(image);
    await removeServedRequest(context, action);
  } else {
    const circumstances = buildCircumstances({ ...action, config });
    const retryInMs = signal.aborted ? undefined : context.delays.builds.failed(image, circumstances);
    context.history.tell('build-failed', { image, buildId }, outcome.reason);
    log.warn({ reason: outcome.reason, exitCode: outcome.exitCode, retryInMs }, 'build failed');
  }
}

async function createRecord(
  { store, identity, imagesDir }: BuilderContext,
  { diskimage, formats }: BuildAction,
  buildId: string,
  lock: WorkLock,
): Promise<Stored<ImageBuild>> {
  return store.images.createBuild(
    {
      id: buildId,
      image: diskimage.name,
      state: 'building',
      builder: identity.fqdn,
      builderId: imagesDir.builderId,
      formats,
      username: null,
      pythonPath: null,
      shellType: null,
    },
    lock,
  );
}

/** Throws when ZooKeeper stays away: the files stay, and the next look at the record decides. */
async function recordSuccess(
  context: BuilderContext,
  order: BuildOrder,
  seen: Stored<ImageBuild>,
  outcome: BuildOutcome,
  lock: WorkLock,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const { diskimage, formats, build } = order;
  const change = { state: 'ready', formats, ...imageUser(diskimage) } as const;
  if (await settleBuild(context, seen, change, lock, signal)) return outcome;
  // The write may have arrived although its answer did not: what the record says now is what counts.
  const failed = { ok: false, exitCode: 1, reason: 'the lock or the record of the build was lost' } as const;
  using limit = deadline(context.clock, farewellMs, signal);
  await settleBuild(context, seen, failedChange(diskimage), undefined, limit.signal);
  const fresh = await context.store.images.build({ image: diskimage.name, buildId: seen.record.id });
  if (fresh?.record.state === 'ready') return outcome;
  await removeBuildFiles(context.imagesDir.path, build);
  return failed;
}

/** Files first: what is needed most after a failure is often the space. */
async function recordFailure(
  context: BuilderContext,
  { diskimage, build }: BuildOrder,
  seen: Stored<ImageBuild>,
  outcome: BuildOutcome,
): Promise<BuildOutcome> {
  // The builder may be stopping, and the lock may be lost: neither keeps the record from saying so.
  using limit = deadline(context.clock, farewellMs);
  try {
    await removeBuildFiles(context.imagesDir.path, build);
    await settleBuild(context, seen, failedChange(diskimage), undefined, limit.signal);
  } catch (error) {
    context.log.warn({ build, error }, 'failed build was left to the cleanup');
  }
  return outcome;
}

function failedChange(diskimage: DiskimageConfig): BuildChange & { readonly state: 'failed' } {
  return { state: 'failed', formats: [], ...imageUser(diskimage) };
}

function imageUser(diskimage: DiskimageConfig): Pick<ImageBuild, 'username' | 'pythonPath' | 'shellType'> {
  return { username: diskimage.username, pythonPath: diskimage.pythonPath, shellType: diskimage.shellType };
}

async function settleBuild(
  context: BuilderContext,
  seen: Stored<ImageBuild>,
  change: BuildChange & { readonly state: ImageBuild['state'] },
  lock: WorkLock | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const { images } = context.store;
  const { image, id } = seen.record;
  return settle(
    {
      seen,
      from: 'building',
      to: change.state,
      write: (current) => images.updateBuild(current, change, lock),
      read: () => images.build({ image, buildId: id }),
    },
    context,
    signal,
  );
}

/** A request that came while the build ran asks for another one. */
async function removeServedRequest(
  { store }: BuilderContext,
  { diskimage, requestedAtMs }: BuildAction,
): Promise<void> {
  if (requestedAtMs === undefined) return;
  const openSinceMs = await store.images.buildRequestedAtMs(diskimage.name);
  if (openSinceMs === requestedAtMs) await store.images.removeBuildRequest(diskimage.name);
}
