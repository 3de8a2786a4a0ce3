import type { WatchEvent, WatchListener } from '../types.js';

/** What a watch waits for: `data` is set by reads of a znode, `children` by reads of its child list. */
export type WatchKind = 'data' | 'children' | 'persistent' | 'recursive';

/** The watches of one session. */
export class MemoryWatches {
  readonly #watches: Readonly<Record<WatchKind, Map<string, Set<WatchListener>>>> = {
    data: new Map(),
    children: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(kind: WatchKind, path: string, listener: WatchListener): void {
    const listeners = this.#watches[kind].get(path) ?? new Set();
    this.#watches[kind].set(path, listeners.add(listener));
  }

  remove(kind: WatchKind, path: string, listener: WatchListener): void {
    const listeners = this.#watches[kind].get(path);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#watches[kind].delete(path);
  }

  clearOneShot(): void {
    this.#watches.data.clear();
    this.#watches.children.clear();
  }

  /** Listeners of one-shot watches that `event` sets off; they are used up by it. */
  takeOneShot({ type, path }: WatchEvent): readonly WatchListener[] {
    const kinds: readonly ('data' | 'children')[] =
      type === 'deleted' ? ['data', 'children'] : type === 'children-changed' ? ['children'] : ['data'];
    return kinds.flatMap((kind) => {
      const listeners = this.#watches[kind].get(path) ?? [];
      this.#watches[kind].delete(path);
      return [...listeners];
    });
  }

  /** Listeners of the watches that stay. A recursive one is not told of changes of child lists, only of the children. */
  persistent({ type, path }: WatchEvent): readonly WatchListener[] {
    const found = [...(this.#watches.persistent.get(path) ?? [])];
    if (type === 'children-changed' || this.#watches.recursive.size === 0) return found;
    for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('/'), 1))) {
      found.push(...(this.#watches.recursive.get(at) ?? []));
      if (at === '/') return found;
    }
  }
}
