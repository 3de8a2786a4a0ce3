import type { Clock, Logger } from '@nodepool/runtime';
import type { CallContext, CheckContext, Instance, Provider } from '../driver.js';
import { externalIdText } from '../driver.js';

/** Least time between the starts of two listings, milliseconds. */
const defaultIntervalMs = 1000;

/** A listing may take this share of the time: one that takes 2 s is made every 10 s. */
const busyShare = 0.2;

const longestPauseMs = 30_000;

type Listing = ReadonlyMap<string, Instance>;

export interface SharedListing {
  /**
   * A context for checks of something that the cloud accepted at `acceptedMs`.
   *
   * Its `instances` answers from a listing that was started after that moment; else what was just launched would look
   * like something that has vanished. It rejects with the signal's reason when the caller aborts.
   *
   * @param acceptedMs on the monotonic clock.
   */
  checkContext(ctx: CallContext, acceptedMs: number): CheckContext;
}

export interface SharedListingDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Ends a listing under way; those of single callers do not. */
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
}

/** One list of instances for everything in flight, instead of one call for each. */
export function sharedListing(provider: Pick<Provider, 'listInstances'>, deps: SharedListingDeps): SharedListing {
  const source = new ListingSource(provider, deps);
  return {
    checkContext: (ctx, acceptedMs) => ({
      ...ctx,
      instances: () => unlessAborted(source.startedAfter(acceptedMs), ctx.signal),
    }),
  };
}

class ListingSource {
  readonly #provider: Pick<Provider, 'listInstances'>;
  readonly #deps: SharedListingDeps;
  readonly #intervalMs: number;
  #pauseMs: number;
  #last: { readonly startedMs: number; readonly listing: Promise<Listing> } | undefined;
  /** The one that has not started yet: whoever comes before it does shares it. */
  #next: Promise<Listing> | undefined;

  constructor(provider: Pick<Provider, 'listInstances'>, deps: SharedListingDeps) {
    this.#provider = provider;
    this.#deps = deps;
    this.#intervalMs = deps.intervalMs ?? defaultIntervalMs;
    this.#pauseMs = this.#intervalMs;
  }

  startedAfter(acceptedMs: number): Promise<Listing> {
    const last = this.#last;
    const isFresh = last !== undefined && this.#deps.clock.monotonicMs() - last.startedMs < this.#pauseMs;
    if (isFresh && last.startedMs >= acceptedMs) return last.listing;
    this.#next ??= this.#startNext();
    return this.#next;
  }

  async #startNext(): Promise<Listing> {
    const { clock, signal } = this.#deps;
    try {
      // One under way is awaited, so that a slow cloud never has two of ours to answer.
      await this.#last?.listing.catch(() => undefined);
      const waitMs = this.#last === undefined ? 0 : this.#last.startedMs + this.#pauseMs - clock.monotonicMs();
      if (waitMs > 0) await clock.sleep(waitMs, signal);
    } finally {
      this.#next = undefined;
    }
    const startedMs = clock.monotonicMs();
    const listing = this.#fetch(startedMs);
    this.#last = { startedMs, listing };
    return listing;
  }

  async #fetch(startedMs: number): Promise<Listing> {
    const { clock, log, signal } = this.#deps;
    try {
      const instances = await this.#provider.listInstances({ signal, log });
      return new Map(instances.map((instance) => [externalIdText(instance.externalId), instance]));
    } finally {
      const tookMs = clock.monotonicMs() - startedMs;
      this.#pauseMs = Math.min(longestPauseMs, Math.max(this.#intervalMs, tookMs / busyShare));
    }
  }
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
