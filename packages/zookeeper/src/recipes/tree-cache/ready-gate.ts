interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Something to wait for that comes and goes, and that may fail for good. */
export class ReadyGate {
  readonly #waiters = new Set<Waiter>();
  #open = false;
  #failure: unknown;

  /** @throws what aborted `signal`, or what the gate failed with. */
  passed(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#open) {
        resolve();
        return;
      }
      const onAbort = (): void => {
        this.#waiters.delete(waiter);
        reject(signal?.reason);
      };
      const leave = (): void => signal?.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        resolve: () => {
          leave();
          resolve();
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  open(): void {
    this.#open = true;
    for (const waiter of this.#take()) waiter.resolve();
  }

  shut(): void {
    this.#open = false;
  }

  fail(error: unknown): void {
    this.#failure = error;
    for (const waiter of this.#take()) waiter.reject(error);
  }

  #take(): Waiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    return waiters;
  }
}
