import type { Store } from '@nodepool/store';

/** The id of the tree, read once in each session: only a session that was lost may come back to another tree. */
export class TreeId {
  readonly #store: Store;
  #known: Promise<string> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  read(): Promise<string> {
    if (this.#known !== undefined) return this.#known;
    const reading = this.#store.treeId();
    this.#known = reading;
    reading.catch(() => this.forget());
    return reading;
  }

  forget(): void {
    this.#known = undefined;
  }
}
