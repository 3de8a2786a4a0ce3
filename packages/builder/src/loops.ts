import { type Logger, type Reconciler, runReconciler, type Wakeup } from '@nodepool/runtime';
import { decideBuilds } from './builds/decide.js';
import { executeBuild } from './builds/execute.js';
import { buildMetrics } from './builds/metrics.js';
import { observeBuilds } from './builds/view.js';
import type { BuilderContext } from './context.js';
import { decideLeaks } from './leaks/decide.js';
import { executeLeak } from './leaks/execute.js';
import { leakMetrics } from './leaks/metrics.js';
import { observeLeaks, type SuspectsSince } from './leaks/view.js';
import { decideRetention } from './retention/decide.js';
import { RetentionExecutor } from './retention/execute.js';
import { retentionMetrics } from './retention/metrics.js';
import { observeRetention, type UnknownSince } from './retention/view.js';
import { BuilderStats } from './stats.js';
import type { StatusPublisher } from './status/publish.js';
import type { BuilderOptions } from './types.js';
import { decideUploads } from './uploads/decide.js';
import { executeUpload } from './uploads/execute.js';
import { uploadMetrics } from './uploads/metrics.js';
import { observeUploads } from './uploads/view.js';
import type { Wakeups } from './wakeups.js';

/** Runs everything that decides, until `signal` aborts. */
export async function runLoops(
  { clock, metrics }: BuilderOptions,
  context: BuilderContext,
  wakeups: Wakeups,
  status: StatusPublisher,
  signal: AbortSignal,
): Promise<void> {
  const { log } = context;
  const onBuild = buildMetrics(metrics);
  const onUpload = uploadMetrics(metrics);
  const retention = new RetentionExecutor(context, retentionMetrics(metrics), () => wakeups.retention.mark());
  const stats = new BuilderStats(metrics);
  const unknownSince: UnknownSince = new Map();
  const onLeak = leakMetrics(metrics);
  const suspects: SuspectsSince = new Map();
  await Promise.all([
    loop('status', log, wakeups.status, {
      observe: () => status.observe(),
      decide: (view) => status.decide(view),
      execute: (action, stop) => status.execute(action, stop),
    }),
    loop('builds', log, wakeups.builds, {
      observe: () => observeBuilds(context),
      decide: decideBuilds,
      execute: (action) => executeBuild(context, onBuild, action),
    }),
    loop('uploads', log, wakeups.uploads, {
      observe: () => observeUploads(context),
      decide: decideUploads,
      execute: (action) => executeUpload(context, onUpload, action),
    }),
    loop('retention', log, wakeups.retention, {
      observe: () => {
        stats.set(context);
        return observeRetention(context, unknownSince);
      },
      decide: decideRetention,
      execute: (action) => retention.execute(action),
    }),
    loop('leaks', log, wakeups.leaks, {
      observe: (stop) => observeLeaks(context, suspects, stop),
      decide: decideLeaks,
      execute: (action, stop) => executeLeak(context, onLeak, action, stop),
    }),
  ]);

  function loop<View, Action>(
    name: string,
    parent: Logger,
    wakeup: Wakeup,
    steps: Omit<Reconciler<View, Action>, 'name'>,
  ): Promise<void> {
    const observe = async (stop: AbortSignal): Promise<View> => {
      await context.store.session.connected(stop);
      return steps.observe(stop);
    };
    const loopLog = parent.child({}, `nodepool.builder.${name}`);
    return runReconciler({ ...steps, name, observe }, { clock, log: loopLog, wakeup }, signal);
  }
}
