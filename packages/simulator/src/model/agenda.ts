interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

/** What is to happen, in the order of time; what is due at the same time happens in the order in which it was put in. */
export class Agenda {
  readonly #heap: Entry[] = [];
  #order = 0;
  #nowMs: number;

  /** @param startMs where time begins, milliseconds since the epoch. */
  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** When the next thing happens; undefined when nothing will. */
  get nextMs(): number | undefined {
    return this.#heap[0]?.atMs;
  }

  at(atMs: number, act: () => void): void {
    this.#order += 1;
    const entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order, act };
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1, entry);
  }

  after(ms: number, act: () => void): void {
    this.at(this.#nowMs + ms, act);
  }

  /** Moves on to the next thing and has it happen; false when there is none. */
  step(): boolean {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return false;
    if (this.#heap.length > 0) this.#sink(last);
    this.#nowMs = first.atMs;
    first.act();
    return true;
  }

  #rise(from: number, entry: Entry): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const other = this.#heap[above];
      if (other === undefined || isBefore(other, entry)) break;
      this.#heap[place] = other;
      place = above;
    }
    this.#heap[place] = entry;
  }

  #sink(entry: Entry): void {
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      let other = this.#heap[below];
      if (other === undefined) break;
      const sibling = this.#heap[below + 1];
      if (sibling !== undefined && isBefore(sibling, other)) {
        other = sibling;
        below += 1;
      }
      if (isBefore(entry, other)) break;
      this.#heap[place] = other;
      place = below;
    }
    this.#heap[place] = entry;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
