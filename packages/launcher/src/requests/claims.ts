/** Requests that a pool of this process is about to take, so that its other pools do not try as well. */
export class RequestClaims {
  readonly #ids = new Set<string>();
  readonly #onReleased: (id: string) => void;

  /** @param onReleased called when a request is free for other pools to look at again. */
  constructor(onReleased: (id: string) => void) {
    this.#onReleased = onReleased;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  take(id: string): void {
    this.#ids.add(id);
  }

  release(id: string): void {
    if (this.#ids.delete(id)) this.#onReleased(id);
  }
}
