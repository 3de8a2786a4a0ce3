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

  async #wait(timeoutMs: number | undefined, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true, signal: done.signal });
    });
    const waits: Promise<void>[] = [woken];
    if (timeoutMs !== undefined) waits.push(this.#clock.sleep(timeoutMs, done.signal).catch(() => undefined));
    try {
      await Promise.race(waits);
    } finally {
      this.#wake = undefined;
      // A reason of its own would cost more than all the rest: an error with its stack.
      done.abort(null);
    }
  }
}
