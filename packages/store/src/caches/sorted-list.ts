/** Items in order, in chunks, so that an insertion or removal moves a bounded number of them. */
export class SortedList<T> {
  readonly #compare: (left: T, right: T) => number;
  readonly #chunks: T[][] = [];

  /** @param compare a total order: 0 only for the same item. */
  constructor(compare: (left: T, right: T) => number) {
    this.#compare = compare;
  }

  add(item: T): void {
    const place = Math.max(0, this.#chunkOf(item));
    const chunk = this.#chunks[place];
    if (chunk === undefined) {
      this.#chunks.push([item]);
      return;
    }
    chunk.splice(this.#lowerBound(chunk, item), 0, item);
    if (chunk.length > chunkSize) this.#chunks.splice(place + 1, 0, chunk.splice(chunkSize / 2));
  }

  /** Removes the item that compares equal; false when there is none. */
  delete(item: T): boolean {
    const place = this.#chunkOf(item);
    const chunk = this.#chunks[place];
    if (chunk === undefined) return false;
    const index = this.#lowerBound(chunk, item);
    const found = chunk[index];
    if (found === undefined || this.#compare(found, item) !== 0) return false;
    chunk.splice(index, 1);
    if (chunk.length === 0) this.#chunks.splice(place, 1);
    return true;
  }

  get isEmpty(): boolean {
    return this.#chunks.length === 0;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const chunk of [...this.#chunks]) yield* [...chunk];
  }

  /** The last chunk that starts at or before `item`; -1 when all start after it. */
  #chunkOf(item: T): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const first = this.#chunks[middle]?.[0];
      if (first !== undefined && this.#compare(first, item) <= 0) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #lowerBound(chunk: readonly T[], item: T): number {
    let low = 0;
    let high = chunk.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const candidate = chunk[middle];
      if (candidate !== undefined && this.#compare(candidate, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const chunkSize = 256;
