import { compareRequests, type NodeRequest } from '@nodepool/model';

interface Place<T> {
  readonly request: NodeRequest;
  readonly entry: T;
}

/**
 * Requests in the order in which a pool serves them: priority, relative priority, age. Insertion and removal search in
 * O(log n); a burst, which arrives in order, is appended. Requests with labels that the pool lacks are never taken and
 * so do not stand here.
 *
 * Source: docs/compatibility/launcher.md section 2, sort key.
 */
export class RequestQueue<T> {
  readonly #places: Place<T>[] = [];
  readonly #byId = new Map<string, Place<T>>();

  get size(): number {
    return this.#places.length;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Adds a request, or moves it when its priority has changed. */
  put(request: NodeRequest, entry: T): void {
    this.delete(request.id);
    const place: Place<T> = { request, entry };
    this.#places.splice(this.#search(place), 0, place);
    this.#byId.set(request.id, place);
  }

  delete(id: string): void {
    const place = this.#byId.get(id);
    if (place === undefined) return;
    this.#byId.delete(id);
    this.#places.splice(this.#search(place), 1);
  }

  /** The first entry, or undefined. */
  first(): T | undefined {
    return this.#places[0]?.entry;
  }

  /**
   * One of the last quarter of those that are as urgent as the first: whoever else takes them begins at the front.
   *
   * @param chance chooses, from 0 to 1, 1 excluded.
   */
  oneOfTheLast(chance: number): T | undefined {
    const [first] = this.#places;
    if (first === undefined) return undefined;
    let low = 1;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle];
      if (other !== undefined && isAsUrgent(first.request, other.request)) low = middle + 1;
      else high = middle;
    }
    return this.#places[low - 1 - Math.floor((chance * low) / 4)]?.entry;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const { entry } of this.#places) yield entry;
  }

  /** Where `place` stands, or would stand. */
  #search(place: Place<T>): number {
    let low = 0;
    let high = this.#places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#places[middle];
      if (other !== undefined && compareRequests(other.request, place.request) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isAsUrgent(left: NodeRequest, right: NodeRequest): boolean {
  const prefix = ({ id }: NodeRequest): string => id.slice(0, id.indexOf('-'));
  return left.relativePriority === right.relativePriority && prefix(left) === prefix(right);
}
