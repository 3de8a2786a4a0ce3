import type { Clock } from './clock.js';

/** At most `size` holders at once, first come first served. */
export class Semaphore {
  readonly #size: number;
  #held = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Runs `work` when a place is free. Rejects with the signal's reason when that comes first. */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#held >= this.#size) await this.#queue(signal);
    else this.#held += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#held -= 1;
      else next();
    }
  }

  #queue(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const place = this.#waiting.indexOf(admit);
        if (place >= 0) this.#waiting.splice(place, 1);
        reject(signal?.reason);
      };
      const admit = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      this.#waiting.push(admit);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

/** Spaces calls at least `intervalMs` apart; 0 lets everything pass. A cloud may slow it down for a while. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  #freeAtMs = 0;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** Resolves when the next call may be made. */
  async turn(signal?: AbortSignal): Promise<void> {
    const now = this.#clock.monotonicMs();
    const mine = Math.max(now, this.#freeAtMs);
    this.#freeAtMs = mine + this.#intervalMs;
    if (mine > now) await this.#clock.sleep(mine - now, signal);
  }

  /** No call before `ms` from now have passed: the cloud said so. */
  holdOff(ms: number): void {
    this.#freeAtMs = Math.max(this.#freeAtMs, this.#clock.monotonicMs() + ms);
  }
}
