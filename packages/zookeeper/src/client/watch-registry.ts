import { callOwner } from '../call-owner.js';
import { isWithin } from '../paths.js';
import type { WatchEvent, WatchEventType, WatchListener } from '../types.js';

/** Watches that end with their first event: set by get and exists of a znode, by exists of a missing one, by children. */
export type OnceKind = 'data' | 'exist' | 'child';
/** Watches that stay. */
export type StandingKind = 'persistent' | 'recursive';
export type WatchKind = OnceKind | StandingKind;

const firedBy: Readonly<Record<WatchEventType, readonly OnceKind[]>> = {
  created: ['data', 'exist'],
  deleted: ['data', 'exist', 'child'],
  'data-changed': ['data', 'exist'],
  'children-changed': ['child'],
};

type Listeners = Map<string, Set<WatchListener>>;

/** The watches of a session, by the paths of the client. */
export class WatchRegistry {
  readonly #kinds: Readonly<Record<WatchKind, Listeners>> = {
    data: new Map(),
    exist: new Map(),
    child: new Map(),
    persistent: new Map(),
    recursive: new Map(),
  };

  add(kind: WatchKind, path: string, listener: WatchListener): void {
    const listeners = this.#kinds[kind].get(path);
    if (listeners === undefined) this.#kinds[kind].set(path, new Set([listener]));
    else listeners.add(listener);
  }

  remove(kind: WatchKind, path: string, listener: WatchListener): void {
    const listeners = this.#kinds[kind].get(path);
    if (listeners?.delete(listener) === true && listeners.size === 0) this.#kinds[kind].delete(path);
  }

  has(kind: WatchKind, path: string): boolean {
    return this.#kinds[kind].has(path);
  }

  /** Whether any watch of ours is set at the very path. */
  hasAny(path: string): boolean {
    return Object.values(this.#kinds).some((listeners) => listeners.has(path));
  }

  dispatch(event: WatchEvent): void {
    for (const kind of firedBy[event.type]) {
      const listeners = this.#kinds[kind].get(event.path);
      if (listeners === undefined) continue;
      this.#kinds[kind].delete(event.path);
      deliver(listeners, event);
    }
    deliver(this.#kinds.persistent.get(event.path), event);
    // A recursive watch is told of each znode that comes and goes, not of the lists that hold it.
    if (event.type !== 'children-changed') this.#dispatchRecursive(event);
  }

  /** The watches that end with the session. */
  dropOnce(): void {
    this.#kinds.data.clear();
    this.#kinds.exist.clear();
    this.#kinds.child.clear();
  }

  *entries(): Iterable<{ readonly kind: WatchKind; readonly path: string }> {
    for (const kind of ['data', 'exist', 'child', 'persistent', 'recursive'] as const) {
      for (const path of this.#kinds[kind].keys()) yield { kind, path };
    }
  }

  /** There are few of these, and many events. */
  #dispatchRecursive(event: WatchEvent): void {
    const { recursive } = this.#kinds;
    for (const root of recursive.keys()) {
      if (isWithin(root, event.path)) deliver(recursive.get(root), event);
    }
  }
}

function deliver(listeners: ReadonlySet<WatchListener> | undefined, event: WatchEvent): void {
  if (listeners === undefined) return;
  for (const listener of [...listeners]) callOwner(() => listener(event));
}
