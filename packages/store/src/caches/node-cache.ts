import type { Node, NodeState, Resources } from '@nodepool/model';
import type { TreeEntry } from '@nodepool/zookeeper';
import { nodeCodec } from '../codec/node.js';
import { isUnreadable, type Snapshot } from '../codec/record.js';
import { lockName, nodeIdOf, nodePartOf } from '../paths.js';
import type { CacheChange, CachedNode, NodeCache, UnreadableRecord } from '../types.js';
import { Listeners } from './listeners.js';
import { type IndexedNode, NodeIndex } from './node-index.js';

/** What the watch has told of one node. */
interface Known {
  readonly snapshot: Snapshot<Node>;
  readonly resources: Resources;
}

/** Nodes by the events of the tree below `/nodepool/nodes`. */
export class WatchedNodes implements NodeCache {
  readonly #resourcesOf: (node: Node) => Resources;
  readonly #known = new Map<string, Known>();
  /** Nodes whose records do not say what they use. */
  readonly #estimated = new Set<string>();
  readonly #contenders = new Map<string, number>();
  readonly #indexed = new Map<string, IndexedNode>();
  readonly #unreadable = new Map<string, UnreadableRecord>();
  readonly #index = new NodeIndex();
  readonly #listeners = new Listeners<CacheChange<CachedNode>>();

  constructor(resourcesOf: (node: Node) => Resources) {
    this.#resourcesOf = resourcesOf;
  }

  /** Takes over a change of one znode; `entry` is undefined when it is gone. */
  apply(path: string, entry: TreeEntry | undefined, previous: TreeEntry | undefined): void {
    const part = nodePartOf(path);
    if (part !== 'record' && part !== 'contender') return;
    const id = nodeIdOf(path);
    if (id === '' || id === lockName) return;
    if (part === 'record') this.#readRecord(id, path, entry);
    else this.#count(id, present(entry) - present(previous));
    this.#refresh(id);
  }

  get size(): number {
    return this.#indexed.size;
  }

  get(id: string): CachedNode | undefined {
    return this.#indexed.get(id)?.cached;
  }

  *all(): Generator<CachedNode> {
    for (const { cached } of this.#indexed.values()) yield cached;
  }

  byProvider(provider: string): Iterable<CachedNode> {
    return this.#index.byProvider(provider);
  }

  byState(state: NodeState): Iterable<CachedNode> {
    return this.#index.byState(state);
  }

  idle(provider: string, pool: string, label: string): Iterable<CachedNode> {
    return this.#index.idle(provider, pool, label);
  }

  idleInPool(provider: string, pool: string): Iterable<CachedNode> {
    return this.#index.idle(provider, pool);
  }

  readyCount(label: string): number {
    return this.#index.readyCount(label);
  }

  allocatedTo(requestId: string): Iterable<CachedNode> {
    return this.#index.allocatedTo(requestId);
  }

  deletable(): Iterable<CachedNode> {
    return this.#index.deletable();
  }

  usedByProvider(provider: string): Resources {
    return this.#index.usedBy('provider', provider);
  }

  usedByPool(provider: string, pool: string): Resources {
    return this.#index.usedBy('pool', provider, pool);
  }

  usedByTenant(tenant: string): Resources {
    return this.#index.usedBy('tenant', tenant);
  }

  unreadable(): Iterable<UnreadableRecord> {
    return this.#unreadable.values();
  }

  onChange(listener: (change: CacheChange<CachedNode>) => void): Disposable {
    return this.#listeners.add(listener);
  }

  recount(): void {
    for (const id of this.#estimated) {
      const known = this.#known.get(id);
      const before = this.#indexed.get(id);
      if (known === undefined || before === undefined) continue;
      const resources = this.#resourcesOf(known.snapshot.record);
      this.#known.set(id, { ...known, resources });
      const after = { ...before, resources };
      this.#index.change(before, after);
      this.#indexed.set(id, after);
    }
  }

  #readRecord(id: string, path: string, entry: TreeEntry | undefined): void {
    this.#known.delete(id);
    this.#unreadable.delete(id);
    this.#estimated.delete(id);
    if (entry === undefined) return;
    const read = nodeCodec.decode(path, entry.data, entry.stat);
    if (isUnreadable(read)) {
      this.#unreadable.set(id, read);
      return;
    }
    const { resources } = read.record;
    if (resources === null) this.#estimated.add(id);
    this.#known.set(id, { snapshot: read, resources: resources ?? this.#resourcesOf(read.record) });
  }

  #count(id: string, change: number): void {
    const count = (this.#contenders.get(id) ?? 0) + change;
    if (count > 0) this.#contenders.set(id, count);
    else this.#contenders.delete(id);
  }

  #refresh(id: string): void {
    const known = this.#known.get(id);
    const before = this.#indexed.get(id);
    const locked = this.#contenders.has(id);
    if (known === undefined && before === undefined) return;
    const after =
      known === undefined ? undefined : { cached: cachedNode(known.snapshot, locked), resources: known.resources };
    if (isSame(before?.cached, after?.cached)) return;
    this.#index.change(before, after);
    if (after === undefined) this.#indexed.delete(id);
    else this.#indexed.set(id, after);
    this.#listeners.tell({ before: before?.cached, after: after?.cached });
  }
}

function present(entry: TreeEntry | undefined): 0 | 1 {
  return entry === undefined ? 0 : 1;
}

function cachedNode({ record, version, ctimeMs, mtimeMs }: Snapshot<Node>, locked: boolean): CachedNode {
  return { record, version, ctimeMs, mtimeMs, locked };
}

/** A second contender changes nothing that a view shows. */
function isSame(before: CachedNode | undefined, after: CachedNode | undefined): boolean {
  return before !== undefined && before.record === after?.record && before.locked === after.locked;
}
