const sequenceDigits = 10;

/** A path that a write of one's own will change, or the path of a sequential create without its digits. */
export type OwnPath = string | { readonly sequential: string };

/** Events of one path that wait for the end of the writes that may have caused them. */
interface Held {
  events: number;
  /** Results of own writes that were applied meanwhile: each explains one event. */
  applied: number;
  /** The youngest write under way when the last event came. */
  youngest: number;
}

interface Group {
  /** Writes under way, the oldest first. */
  readonly active: Set<number>;
  readonly held: Map<string, Held>;
}

const noGroups: readonly Group[] = [];

/**
 * Tells events of one's own writes from those of others. A write's event comes before its answer on the same
 * connection, so an event that comes during a write is held back until the write is over; if by then a result was
 * applied for each event of the path, there is nothing to read.
 */
export class OwnWrites {
  readonly #groups = new Map<string, Group>();
  readonly #unexplained: (path: string) => void;
  readonly #explained: (path: string) => void;
  #last = 0;

  /**
   * @param unexplained called for a path that somebody else has changed too, or whose result was not applied.
   * @param explained called for a path of which all is known again.
   */
  constructor(unexplained: (path: string) => void, explained: (path: string) => void) {
    this.#unexplained = unexplained;
    this.#explained = explained;
  }

  /** Events of the path are held back. */
  holds(path: string): boolean {
    return this.#groupsOf(path).some(({ held }) => held.has(path));
  }

  /** @returns what to call when the write is over and its result applied. */
  begin(paths: readonly OwnPath[]): () => void {
    this.#last += 1;
    const id = this.#last;
    const keys = new Set(paths.map(keyOf));
    for (const key of keys) this.#group(key).active.add(id);
    return () => {
      for (const key of keys) this.#end(key, id);
    };
  }

  /** @returns true when the event is held back. */
  hold(path: string, created: boolean): boolean {
    if (this.#groups.size === 0) return false;
    const group = this.#groups.get(path) ?? (created ? this.#groups.get(sequentialKeyOf(path)) : undefined);
    if (group === undefined || group.active.size === 0) return false;
    const held = group.held.get(path) ?? { events: 0, applied: 0, youngest: 0 };
    // The order of the map is that of the last events.
    group.held.delete(path);
    group.held.set(path, { ...held, events: held.events + 1, youngest: this.#last });
    return true;
  }

  applied(path: string): void {
    for (const group of this.#groupsOf(path)) {
      const held = group.held.get(path);
      if (held !== undefined) held.applied += 1;
    }
  }

  /** A result that is applied from now on may be that of a znode before: it explains nothing any more. */
  replaced(path: string): void {
    for (const group of this.#groupsOf(path)) {
      const held = group.held.get(path);
      if (held !== undefined) held.applied = Number.NEGATIVE_INFINITY;
    }
  }

  /** Those that an event of the path may be held in; most paths are none of ours. */
  #groupsOf(path: string): readonly Group[] {
    if (this.#groups.size === 0) return noGroups;
    const own = this.#groups.get(path);
    const sequential = this.#groups.get(sequentialKeyOf(path));
    if (own === undefined && sequential === undefined) return noGroups;
    return [own, sequential].filter((group) => group !== undefined);
  }

  #group(key: string): Group {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group: Group = { active: new Set(), held: new Map() };
    this.#groups.set(key, group);
    return group;
  }

  #end(key: string, id: number): void {
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.active.delete(id);
    const [oldest = Number.POSITIVE_INFINITY] = group.active;
    for (const [path, held] of group.held) {
      if (held.youngest >= oldest) break;
      group.held.delete(path);
      if (held.events > held.applied) this.#unexplained(path);
      else this.#explained(path);
    }
    if (group.active.size === 0) this.#groups.delete(key);
  }
}

function keyOf(path: OwnPath): string {
  return typeof path === 'string' ? path : `${path.sequential}#`;
}

/** Znode paths may hold `#` themselves; a group too many is looked at then, and never one too few. */
function sequentialKeyOf(path: string): string {
  return `${path.slice(0, -sequenceDigits)}#`;
}
