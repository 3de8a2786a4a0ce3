import { assertNever, type Clock, type Decision, type Logger, type Reconciler } from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import type { Turns } from '../requests/turns-taken.js';

export interface SweepDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly turns: Pick<Turns, 'delayMs'>;
  readonly online: () => boolean;
  /** Makes everybody look at everything again, should an event have been lost on the way. */
  readonly onSweep: () => void;
}

export type SweepAction =
  | { readonly kind: 'remove-stale-locks' }
  | { readonly kind: 'remove-empty-node'; readonly id: string }
  | { readonly kind: 'look-again' };

export interface SweepView {
  readonly online: boolean;
  /** What concerns no provider is for us to do, not for another launcher. */
  readonly isOurTurn: boolean;
  /** Monotonic milliseconds since stale locks were looked for; infinite when they never were. */
  readonly sinceLocksMs: number;
  /** Node znodes without data. */
  readonly empty: readonly { readonly id: string; readonly mtimeMs: number }[];
}

const sweepMs = 60_000;
const staleLockMs = 8 * 3_600_000;
/** Each lock directory without a request costs a question, and most of them are removed by others before. */
const staleLockEveryMs = 3_600_000;
/** An empty node znode may be the work of somebody who is about to see his mistake. */
const emptyGraceMs = 10_000;

/** What is done once a minute whether or not anything has happened. */
export class Sweep implements Reconciler<SweepView, SweepAction> {
  readonly name = 'sweep';
  readonly #deps: SweepDeps;
  #locksAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  observe(): SweepView {
    const { caches, clock, turns, online } = this.#deps;
    const empty = [...caches.nodes.unreadable()]
      .filter((record) => record.empty)
      .map(({ path, mtimeMs }) => ({ id: path.slice(path.lastIndexOf('/') + 1), mtimeMs }));
    const sinceLocksMs = clock.monotonicMs() - this.#locksAtMs;
    return { online: online(), isOurTurn: turns.delayMs('sweep') === 0, sinceLocksMs, empty };
  }

  decide({ online, isOurTurn, sinceLocksMs, empty }: SweepView, nowMs: number): Decision<SweepAction> {
    if (!online) return { actions: [], recheckAfterMs: sweepMs };
    if (!isOurTurn) return { actions: [{ kind: 'look-again' }], recheckAfterMs: sweepMs };
    const due = empty.filter(({ mtimeMs }) => nowMs - mtimeMs >= emptyGraceMs);
    const removals = due.map(({ id }) => ({ kind: 'remove-empty-node', id }) as const);
    return {
      actions: [
        { kind: 'look-again' },
        ...(sinceLocksMs >= staleLockEveryMs ? [{ kind: 'remove-stale-locks' } as const] : []),
        ...removals,
      ],
      recheckAfterMs: due.length < empty.length ? emptyGraceMs : sweepMs,
    };
  }

  async execute(action: SweepAction): Promise<void> {
    const { store, log, onSweep } = this.#deps;
    switch (action.kind) {
      case 'look-again':
        onSweep();
        return;
      case 'remove-stale-locks': {
        this.#locksAtMs = this.#deps.clock.monotonicMs();
        const removed = await store.requests.removeStaleLocks(staleLockMs);
        if (removed > 0) log.info({ removed }, 'removed lock directories of requests long gone');
        return;
      }
      case 'remove-empty-node':
        log.info({ nodeId: action.id }, 'removed node without data');
        return store.nodes.removeUnlocked(action.id);
      default:
        return assertNever(action);
    }
  }
}
