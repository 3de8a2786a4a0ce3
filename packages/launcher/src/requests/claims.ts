/** Requests that a pool of this process is about to take, so that its other pools do not try as well. */
export class RequestClaims {
  readonly #ids = new Set<string>();
  readonly #onFree: (id: string) => void;

  /** @param onFree called when a request that was not got is worth another look, by any pool. */
  constructor(onFree: (id: string) => void) {
    this.#onFree = onFree;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  take(id: string): void {
    this.#ids.add(id);
  }

  release(id: string): void {
    this.#ids.delete(id);
  }

  /** Nobody here has got it, some time ago. */
  lookAgain(id: string): void {
    if (!this.#ids.has(id)) this.#onFree(id);
  }
}
