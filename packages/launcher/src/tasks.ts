import type { Clock, Logger } from '@nodepool/runtime';

/** Work that was started and is not awaited by whoever started it; somebody must know when all of it is done. */
export class Tasks {
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(log: Logger) {
    this.#log = log;
  }

  get size(): number {
    return this.#running.size;
  }

  /** Runs `work`; an error that it lets out is a fault of ours and is logged as one. */
  start(doing: string, work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => this.#log.error({ doing, error }, 'background work failed'))
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  /** Calls `act` after `ms`, unless {@link cancelDelayed} comes first. Nobody waits for it. */
  startDelayed(clock: Clock, ms: number, act: () => void): void {
    clock.sleep(ms, this.#stop.signal).then(act, () => undefined);
  }

  cancelDelayed(): void {
    this.#stop.abort(new DOMException('the launcher stops', 'AbortError'));
  }

  /** Resolves when nothing runs any more, what was started meanwhile included. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
