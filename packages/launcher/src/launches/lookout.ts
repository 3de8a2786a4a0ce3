import type { Clock } from '@nodepool/runtime';
import { lookIntervalMs } from './interval.js';
import { isPassing } from './outcome.js';

/** What one look at something in the cloud has shown. */
export type Look<T> =
  | { readonly done: true; readonly value: T }
  | {
      readonly done: false;
      /** When the cloud said so; undefined leaves it to the lookout. */
      readonly againInMs?: number | undefined;
    };

/**
 * Looks at what is in flight in one provider, each thing at its own interval. Looks are cheap: those that need the
 * cloud's answer share one listing.
 */
export class Lookout {
  readonly #clock: Clock;
  #inFlight = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many things are being looked at. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /**
   * Looks until there is something to say. Failures of the cloud that pass only cost time.
   *
   * @param look makes one observation.
   * @param firstInMs before the first look; 0 looks at once.
   * @throws what `look` throws, or the signal's reason.
   */
  async until<T>(look: () => Promise<Look<T>>, firstInMs: number, signal: AbortSignal): Promise<T> {
    this.#inFlight += 1;
    try {
      let waitMs = firstInMs;
      for (let looks = 1; ; looks += 1) {
        signal.throwIfAborted();
        if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
        const seen = await look().catch((error: unknown): Look<T> => {
          if (isPassing(error)) return { done: false, againInMs: error.retryAfterMs };
          throw error;
        });
        if (seen.done) return seen.value;
        waitMs = seen.againInMs ?? lookIntervalMs(looks, this.#inFlight);
      }
    } finally {
      this.#inFlight -= 1;
    }
  }
}
