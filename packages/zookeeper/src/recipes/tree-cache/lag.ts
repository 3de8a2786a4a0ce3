import type { Sleeper } from '../../timers.js';

/** More paths than this in one lag mean that much is going on. */
const manyPaths = 50;
/** By how much a lag is longer then. */
const busyFactor = 10;

/**
 * Paths that wait together until a lag is over. While much is going on it is ten times as long: what changes in several
 * steps is then still read once.
 */
export class Lag {
  readonly #sleeper: Sleeper;
  readonly #ms: number;
  readonly #onOver: (paths: readonly string[]) => void;
  readonly #paths = new Set<string>();
  #sleeping = false;
  #busy = false;

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
    this.#sleeper.sleep(this.#busy ? busyFactor * this.#ms : this.#ms, signal).then(
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
    this.#busy = paths.length > manyPaths;
    this.#paths.clear();
    this.#onOver(paths);
  }
}
