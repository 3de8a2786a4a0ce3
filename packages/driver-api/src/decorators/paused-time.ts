import type { Clock } from '@nodepool/runtime';
import type { CallPace } from '../driver.js';

/** Calls `onTime` once it has run for `ms` in all; stands still until it is started, and while it is paused. */
export class PausableTimer {
  readonly #clock: Clock;
  readonly #onTime: () => void;
  #leftMs: number;
  #stopped = false;
  #running: { readonly sinceMs: number; readonly cancel: AbortController } | undefined;

  constructor(clock: Clock, ms: number, onTime: () => void) {
    this.#clock = clock;
    this.#onTime = onTime;
    this.#leftMs = ms;
  }

  resume(): void {
    if (this.#stopped || this.#running !== undefined) return;
    const cancel = new AbortController();
    this.#running = { sinceMs: this.#clock.monotonicMs(), cancel };
    this.#clock.sleep(this.#leftMs, cancel.signal).then(this.#onTime, () => undefined);
  }

  pause(): void {
    if (this.#running === undefined) return;
    this.#leftMs = Math.max(0, this.#leftMs - (this.#clock.monotonicMs() - this.#running.sinceMs));
    // Nobody reads the reason, and an error with its stack is costly to make.
    this.#running.cancel.abort(null);
    this.#running = undefined;
  }

  /** For good: a wait that ends later starts it no more. */
  stop(): void {
    this.pause();
    this.#stopped = true;
  }
}

/** Keeps account of the time that a call waits for its turn: all the time in which at least one of its requests does. */
export class PausedTime {
  readonly pace: CallPace;
  readonly #clock: Clock;
  readonly #timer: PausableTimer | undefined;
  #waiting = 0;
  #sinceMs = 0;
  #totalMs = 0;

  /** @param timer is paused meanwhile. */
  constructor(outer: CallPace, clock: Clock, timer?: PausableTimer) {
    this.#clock = clock;
    this.#timer = timer;
    this.pace = { turn: () => this.#turn(outer), holdOff: (ms) => outer.holdOff(ms) };
  }

  /** Milliseconds. */
  get totalMs(): number {
    return this.#totalMs;
  }

  async #turn(outer: CallPace): Promise<void> {
    this.#waiting += 1;
    if (this.#waiting === 1) {
      this.#sinceMs = this.#clock.monotonicMs();
      this.#timer?.pause();
    }
    try {
      await outer.turn();
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) {
        this.#totalMs += this.#clock.monotonicMs() - this.#sinceMs;
        this.#timer?.resume();
      }
    }
  }
}
