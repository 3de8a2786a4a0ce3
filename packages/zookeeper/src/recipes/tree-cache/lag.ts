import type { Sleeper } from '../../timers.js';

/** Paths that wait together until a lag is over. */
export class Lag {
  readonly #sleeper: Sleeper;
  readonly #ms: number;
  readonly #onOver: (paths: readonly string[]) => void;
  readonly #paths = new Set<string>();
  #sleeping = false;

  /** @param ms from the first path that waits until all of them are handed over. */
  constructor(sleeper: Sleeper, ms: number, onOver: (paths: readonly string[]) => void) {
    this.#sleeper = sleeper;
    this.#ms = ms;
    this.#onOver = onOver;
  }

  get size(): number {
    return this.#paths.size;
  }

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  add(path: string, signal: AbortSignal): void {
    this.#paths.add(path);
    if (this.#sleeping) return;
    this.#sleeping = true;
    this.#sleeper.sleep(this.#ms, signal).then(
      () => this.#handOver(),
      () => undefined,
    );
  }

  delete(path: string): void {
    this.#paths.delete(path);
  }

  clear(): void {
    this.#paths.clear();
  }

  #handOver(): void {
    this.#sleeping = false;
    const paths = [...this.#paths];
    this.#paths.clear();
    this.#onOver(paths);
  }
}
