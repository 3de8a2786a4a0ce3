import type { Lease } from '@nodepool/model';
import { type Clock, deadline, errorCode, Wakeup } from '@nodepool/runtime';
import type { LeaseCache, StoreCaches } from '@nodepool/store';

export interface LeaseFollowerDeps {
  readonly caches: Pick<StoreCaches, 'nodes' | 'requests'>;
  readonly leases: LeaseCache;
  readonly clock: Clock;
}

/** Watches one lease on behalf of its owner, who is there and waits. */
export class LeaseFollower {
  readonly #deps: LeaseFollowerDeps;
  readonly #extend: () => Promise<void>;

  /** @param extend gives a sign of life in the owner's name. */
  constructor(deps: LeaseFollowerDeps, extend: () => Promise<void>) {
    this.#deps = deps;
    this.#extend = extend;
  }

  /** @returns the lease when it no longer waits, when the time is over or `signal` aborts. */
  async follow(
    lease: Lease,
    options: { readonly waitMs: number; readonly signal: AbortSignal; readonly onProgress?: (lease: Lease) => void },
  ): Promise<Lease> {
    const { clock, leases } = this.#deps;
    const { onProgress = () => undefined } = options;
    using limit = deadline(clock, options.waitMs, options.signal);
    const wakeup = new Wakeup(clock);
    using _subscriptions = this.#subscribe(lease, () => wakeup.mark());
    const pulseMs = (lease.ttlSec * 1000) / 3;
    let nextPulseMs = clock.monotonicMs() + pulseMs;
    let now = lease;
    for (;;) {
      // The cache may not know yet what another launcher has just written.
      now = newer(now, leases.get(lease.id)?.record);
      onProgress(now);
      if (now.state !== 'waiting' || limit.signal.aborted) return now;
      await wakeup.next(nextPulseMs - clock.monotonicMs(), limit.signal);
      if (limit.signal.aborted || clock.monotonicMs() < nextPulseMs) continue;
      nextPulseMs = clock.monotonicMs() + pulseMs;
      await this.#pulse();
    }
  }

  /** A lease that has just ended, or is being written by others, is seen at the next look. */
  async #pulse(): Promise<void> {
    try {
      await this.#extend();
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
    }
  }

  #subscribe(lease: Lease, mark: () => void): Disposable {
    const { leases, caches } = this.#deps;
    const requestId = (): string | null => leases.get(lease.id)?.record.requestId ?? lease.requestId;
    const subscriptions = new DisposableStack();
    subscriptions.use(
      leases.onChange(({ before, after }) => {
        if ((after ?? before)?.record.id === lease.id) mark();
      }),
    );
    subscriptions.use(
      caches.requests.onChange(({ before, after }) => {
        if ((after ?? before)?.record.id === requestId()) mark();
      }),
    );
    subscriptions.use(
      caches.nodes.onChange(({ before, after }) => {
        const allocatedTo = (after ?? before)?.record.allocatedTo ?? null;
        if (allocatedTo !== null && allocatedTo === requestId()) mark();
      }),
    );
    return subscriptions;
  }
}

function newer(known: Lease, cached: Lease | undefined): Lease {
  return cached === undefined || cached.stateTimeSec < known.stateTimeSec ? known : cached;
}
