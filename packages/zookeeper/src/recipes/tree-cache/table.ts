import { baseName, joinPath, parentPath } from '../../paths.js';
import type { Stat } from '../../types.js';

/** A znode as the cache knows it. */
export interface TreeEntry {
  readonly data: Buffer;
  /** As of the last read of the data; what counts children may be older than they are. */
  readonly stat: Stat;
}

/** The stat of every entry whose data is not kept. */
export const nameOnlyStat: Stat = {
  czxid: 0n,
  mzxid: 0n,
  pzxid: 0n,
  ctimeMs: 0,
  mtimeMs: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: 0,
  numChildren: 0,
};

const nameOnly: TreeEntry = { data: Buffer.alloc(0), stat: nameOnlyStat };
const noNames: ReadonlySet<string> = new Set();

export type ChangeListener = (path: string, entry: TreeEntry | undefined, previous: TreeEntry | undefined) => void;

/** Which znodes there are, and what is known of them. A znode may be known to exist before its data was read. */
export class TreeTable {
  readonly #root: string;
  readonly #onChange: ChangeListener;
  readonly #entries = new Map<string, TreeEntry>();
  readonly #children = new Map<string, Set<string>>();
  /** Known to exist, and not read yet. */
  readonly #unread = new Set<string>();

  constructor(root: string, onChange: ChangeListener) {
    this.#root = root;
    this.#onChange = onChange;
  }

  get entries(): ReadonlyMap<string, TreeEntry> {
    return this.#entries;
  }

  children(path: string): ReadonlySet<string> {
    return this.#children.get(path) ?? noNames;
  }

  has(path: string): boolean {
    return this.#entries.has(path) || this.#unread.has(path);
  }

  /** Notes that the znode exists, and with it all above. */
  note(path: string): void {
    if (path === '/' || this.has(path)) return;
    this.#unread.add(path);
    const parent = parentPath(path);
    const names = this.#children.get(parent);
    if (names === undefined) this.#children.set(parent, new Set([baseName(path)]));
    else names.add(baseName(path));
    if (path !== this.#root) this.note(parent);
  }

  noteNameOnly(path: string): void {
    this.note(path);
    if (!this.#entries.has(path)) this.#put(path, nameOnly);
  }

  /** Keeps what was read, unless something newer is known. */
  put(path: string, entry: TreeEntry): void {
    this.note(path);
    const known = this.#entries.get(path);
    if (known === undefined || isNewer(entry.stat, known.stat)) this.#put(path, entry);
  }

  /** Forgets the znode and all beneath. */
  remove(path: string): void {
    const below = this.#children.get(path);
    if (below !== undefined) {
      for (const name of [...below]) this.remove(joinPath(path, name));
      this.#children.delete(path);
    }
    if (!this.has(path)) return;
    this.#forgetName(path);
    this.#unread.delete(path);
    const previous = this.#entries.get(path);
    if (previous === undefined) return;
    this.#entries.delete(path);
    this.#onChange(path, undefined, previous);
  }

  #forgetName(path: string): void {
    const parent = parentPath(path);
    const names = this.#children.get(parent);
    if (names?.delete(baseName(path)) === true && names.size === 0) this.#children.delete(parent);
  }

  #put(path: string, entry: TreeEntry): void {
    const previous = this.#entries.get(path);
    if (previous === undefined) this.#unread.delete(path);
    this.#entries.set(path, entry);
    this.#onChange(path, entry, previous);
  }
}

/** Of two changes in one transaction the version tells which was later. */
function isNewer(stat: Stat, than: Stat): boolean {
  return stat.mzxid > than.mzxid || (stat.mzxid === than.mzxid && stat.version > than.version);
}
