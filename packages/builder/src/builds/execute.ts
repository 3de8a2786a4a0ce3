import type { BuilderContext } from '../context.js';
import { newestReadyBuild } from '../records.js';
import { runBuild } from './build-job.js';
import type { BuildAction } from './decide.js';
import type { BuildMetrics } from './metrics.js';
import { buildCircumstances } from './view.js';

/** Takes the image's lock and starts the build in the background, unless the reason for it is gone. */
export async function executeBuild(context: BuilderContext, metrics: BuildMetrics, action: BuildAction): Promise<void> {
  const { store, jobs, clock } = context;
  const image = action.diskimage.name;
  const lock = await store.images.lockImage(image);
  if (lock === undefined) return;
  let started = false;
  try {
    if (!(await stillApplies(context, action))) return;
    const job = { image, buildId: null, pid: null, step: null, startedAtMs: clock.now() };
    started = jobs.builds.start(image, job, async (signal) => {
      try {
        await runBuild(context, metrics, action, lock, signal);
      } catch (error) {
        // Without a delay the end of the job would lead straight to the next one.
        const config = context.config.current();
        context.delays.builds.failed(image, buildCircumstances({ ...action, config }));
        throw error;
      } finally {
        await lock.release();
      }
    });
  } finally {
    if (!started) await lock.release();
  }
}

/** The view may be old: another builder may have built meanwhile, or an operator may have changed their mind. */
async function stillApplies({ store }: BuilderContext, action: BuildAction): Promise<boolean> {
  const image = action.diskimage.name;
  const [builds, requestedAtMs, paused] = await Promise.all([
    store.images.builds(image),
    store.images.buildRequestedAtMs(image),
    store.images.isPaused(image),
  ]);
  if (paused) return false;
  if (action.reason === 'requested') return requestedAtMs !== undefined;
  return newestReadyBuild(builds.map(({ record }) => record))?.id === action.after;
}
