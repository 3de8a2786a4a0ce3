import type { Sleeper } from '../../timers.js';

/** Time that passes when the test says so. */
export class ManualSleeper implements Sleeper {
  #elapsedMs = 0;
  readonly #sleeping = new Set<{ readonly atMs: number; readonly wake: () => void }>();

  get sleeping(): number {
    return this.#sleeping.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { atMs: this.#elapsedMs + ms, wake: resolve };
      this.#sleeping.add(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleeping.delete(sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** Moves time on and lets what was woken run. */
  async advance(ms: number): Promise<void> {
    this.#elapsedMs += ms;
    for (const sleeper of [...this.#sleeping]) {
      if (sleeper.atMs > this.#elapsedMs) continue;
      this.#sleeping.delete(sleeper);
      sleeper.wake();
    }
    await settle();
  }
}

/** Lets everything run that is ready to. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
