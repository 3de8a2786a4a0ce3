import { type Clock, type Decision, type Reconciler, Wakeup } from '@nodepool/runtime';
import type { CacheChange, CachedRequest, Store } from '@nodepool/store';
import type { Turns } from '../requests/turns-taken.js';

export interface SpentLocksDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly turns: Pick<Turns, 'delayMs'>;
  readonly online: () => boolean;
}

/** By then whoever had the lock of a request that is gone has let go of it. */
const restMs = 30_000;
/** Beyond that they are left to the sweep, which takes them hours later. */
const mostKept = 10_000;

/**
 * Removes the lock directories of requests that are gone, in batches: hundreds of thousands of them would otherwise
 * stand until the sweep, which has to list them all.
 */
export class SpentLocks implements Reconciler<readonly string[], readonly string[]> {
  readonly name = 'spent-locks';
  readonly wakeup: Wakeup;
  readonly #deps: SpentLocksDeps;
  /** When each request was seen to be gone, monotonic milliseconds; the oldest first. */
  readonly #gone = new Map<string, number>();

  constructor(deps: SpentLocksDeps) {
    this.#deps = deps;
    this.wakeup = new Wakeup(deps.clock);
  }

  requestChanged({ before, after }: CacheChange<CachedRequest>): void {
    if (after !== undefined || before === undefined || this.#gone.size >= mostKept) return;
    const { id, state, declinedBy } = before.record;
    const wasLocked = state !== 'requested' || declinedBy.length > 0;
    if (!wasLocked || this.#deps.turns.delayMs(id) > 0) return;
    this.#gone.set(id, this.#deps.clock.monotonicMs());
    if (this.#gone.size === 1) this.wakeup.mark();
  }

  observe(): readonly string[] {
    if (!this.#deps.online()) return [];
    const latestMs = this.#deps.clock.monotonicMs() - restMs;
    return [...this.#gone].filter(([, goneMs]) => goneMs <= latestMs).map(([id]) => id);
  }

  decide(ids: readonly string[]): Decision<readonly string[]> {
    return { actions: ids.length > 0 ? [ids] : [], recheckAfterMs: this.#gone.size > 0 ? restMs : undefined };
  }

  async execute(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#gone.delete(id);
    await this.#deps.store.requests.removeLocks(ids);
  }
}
