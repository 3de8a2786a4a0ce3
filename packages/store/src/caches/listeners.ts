/** Those who want to be told. */
export class Listeners<T> {
  readonly #listeners = new Set<(value: T) => void>();

  add(listener: (value: T) => void): Disposable {
    // One function may listen twice; each subscription ends by itself.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  tell(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
