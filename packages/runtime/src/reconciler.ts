import type { Clock } from './clock.js';
import { isAbort } from './errors.js';
import type { Logger } from './logger.js';
import { backoffMs } from './retry.js';
import type { Wakeup } from './wakeup.js';

/** What a look at the world led to. */
export interface Decision<Action> {
  readonly actions: readonly Action[];
  /** Look again after this many milliseconds even if nothing is marked; undefined waits for a mark. */
  readonly recheckAfterMs?: number | undefined;
}

/**
 * Observe, decide, execute. `decide` is pure and synchronous; everything that leaves the process is in the other two.
 * Actions are safe to repeat, because a view may be stale.
 */
export interface Reconciler<View, Action> {
  readonly name: string;
  observe(signal: AbortSignal): Promise<View> | View;
  decide(view: View, nowMs: number): Decision<Action>;
  execute(action: Action, signal: AbortSignal): Promise<void>;
}

export interface ReconcilerDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly wakeup: Wakeup;
}

const failureBackoff = { initialMs: 250, factor: 2, maxMs: 30_000, jitter: 0 };

/** Runs `reconciler` until `signal` aborts. Errors are logged and answered with a growing pause; it never rejects. */
export async function runReconciler<View, Action>(
  reconciler: Reconciler<View, Action>,
  { clock, log, wakeup }: ReconcilerDeps,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    const { failed, recheckAfterMs } = await runPass(reconciler, clock, log, signal);
    failures = failed ? failures + 1 : 0;
    const pauseMs = failed ? backoffMs(failureBackoff, failures, 0) : undefined;
    await wakeup.next(pauseMs ?? recheckAfterMs, signal);
    // A wake-up must not turn a failing pass into a busy loop.
    if (pauseMs !== undefined) await clock.sleep(Math.min(pauseMs, 1000), signal).catch(() => undefined);
  }
}

async function runPass<View, Action>(
  reconciler: Reconciler<View, Action>,
  clock: Clock,
  log: Logger,
  signal: AbortSignal,
): Promise<{ failed: boolean; recheckAfterMs: number | undefined }> {
  try {
    const view = await reconciler.observe(signal);
    const { actions, recheckAfterMs } = reconciler.decide(view, clock.now());
    const results = await Promise.allSettled(actions.map((action) => reconciler.execute(action, signal)));
    const errors = results.filter((result) => result.status === 'rejected').map((result) => result.reason as unknown);
    for (const error of errors.filter((reason) => !isAbort(reason, signal))) {
      log.warn({ reconciler: reconciler.name, error }, 'action failed');
    }
    return { failed: errors.length > 0, recheckAfterMs };
  } catch (error) {
    if (!isAbort(error, signal)) log.warn({ reconciler: reconciler.name, error }, 'pass failed');
    return { failed: true, recheckAfterMs: undefined };
  }
}
