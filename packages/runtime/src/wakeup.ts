import type { Clock } from './clock.js';

/**
 * Lets events wake a loop. Marks coalesce: any number of them before the next `next` make it return once.
 */
export class Wakeup {
  readonly #clock: Clock;
  #marked = false;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Something the loop looks at has changed. */
  mark(): void {
    this.#marked = true;
    this.#wake?.();
  }

  /**
   * Resolves when marked (at once if it already is), after `timeoutMs`, or when `signal` aborts; never rejects.
   *
   * @param timeoutMs milliseconds; undefined waits for a mark alone.
   */
  async next(timeoutMs: number | undefined, signal: AbortSignal): Promise<void> {
    if (!this.#marked && !signal.aborted) await this.#wait(timeoutMs, signal);
    this.#marked = false;
  }

  /** Loops wait thousands of times a second in a burst: nothing is made for it but what the wait needs. */
  async #wait(timeoutMs: number | undefined, signal: AbortSignal): Promise<void> {
    const timer = timeoutMs === undefined ? undefined : new AbortController();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = (): void => resolve();
    this.#wake = wake;
    signal.addEventListener('abort', wake, { once: true });
    if (timer !== undefined) this.#clock.sleep(timeoutMs ?? 0, timer.signal).then(wake, wake);
    try {
      await promise;
    } finally {
      this.#wake = undefined;
      signal.removeEventListener('abort', wake);
      // A reason of its own would cost more than all the rest: an error with its stack.
      timer?.abort(null);
    }
  }
}
