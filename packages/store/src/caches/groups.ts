/** Items by a key and, within it, by id. A group costs nothing once its last item is gone. */
export class Groups<T> {
  readonly #groups = new Map<string, Map<string, T>>();

  set(key: string, id: string, item: T): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, new Map([[id, item]]));
    else group.set(id, item);
  }

  delete(key: string, id: string): void {
    const group = this.#groups.get(key);
    if (group?.delete(id) === true && group.size === 0) this.#groups.delete(key);
  }

  get(key: string): Iterable<T> {
    return this.#groups.get(key)?.values() ?? [];
  }
}

/** A key of several parts: znode names and configured names hold no NUL. */
export function joinKey(...parts: readonly string[]): string {
  return parts.join('\0');
}
