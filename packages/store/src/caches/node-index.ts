import { deletableNodeStates, type Node, type NodeState, type Resources } from '@nodepool/model';
import type { CachedNode } from '../types.js';
import { Groups, joinKey } from './groups.js';
import { SortedList } from './sorted-list.js';
import { Usage } from './usage.js';

/** A node and what it counts as. */
export interface IndexedNode {
  readonly cached: CachedNode;
  readonly resources: Resources;
}

const none: readonly string[] = [];

/** Look-up tables over the nodes, kept current one change at a time: no cost grows with the number of nodes. */
export class NodeIndex {
  readonly #byProvider = new Groups<CachedNode>();
  readonly #byState = new Groups<CachedNode>();
  readonly #byRequest = new Groups<CachedNode>();
  readonly #deletable = new Map<string, CachedNode>();
  readonly #idle = new Map<string, SortedList<CachedNode>>();
  readonly #readyCounts = new Map<string, number>();
  readonly #usage = new Usage();

  /** Replaces what is known of one node. Only tables in which the two differ are worked on: locks change most often. */
  change(before: IndexedNode | undefined, after: IndexedNode | undefined): void {
    const old = before?.cached;
    const cached = after?.cached;
    replace(this.#byState, old?.record.state, cached?.record.state, old, cached);
    replace(this.#byProvider, old?.record.provider, cached?.record.provider, old, cached);
    replace(this.#byRequest, old?.record.allocatedTo, cached?.record.allocatedTo, old, cached);
    if (old !== undefined) this.#removeUnlocked(old);
    if (cached !== undefined) this.#addUnlocked(cached);
    if (old?.record === cached?.record && before?.resources === after?.resources) return;
    this.#countStock(old?.record, cached?.record);
    if (!countsAlike(before, after)) this.#countUsage(before, after);
  }

  byProvider(provider: string): Iterable<CachedNode> {
    return this.#byProvider.get(provider);
  }

  byState(state: NodeState): Iterable<CachedNode> {
    return this.#byState.get(state);
  }

  allocatedTo(requestId: string): Iterable<CachedNode> {
    return this.#byRequest.get(requestId);
  }

  deletable(): Iterable<CachedNode> {
    return this.#deletable.values();
  }

  idle(provider: string, pool: string, label?: string): Iterable<CachedNode> {
    return this.#idle.get(idleKey(provider, pool, label)) ?? [];
  }

  readyCount(label: string): number {
    return this.#readyCounts.get(label) ?? 0;
  }

  usedBy(owner: 'provider' | 'pool' | 'tenant', ...names: readonly string[]): Resources {
    return this.#usage.of(joinKey(owner, ...names));
  }

  /** What is of interest only while nobody has the lock. */
  #addUnlocked(cached: CachedNode): void {
    if (isDeletable(cached)) this.#deletable.set(cached.record.id, cached);
    for (const key of idleKeys(cached)) {
      const list = this.#idle.get(key) ?? new SortedList(longestReadyFirst);
      this.#idle.set(key, list);
      list.add(cached);
    }
  }

  #removeUnlocked(cached: CachedNode): void {
    if (isDeletable(cached)) this.#deletable.delete(cached.record.id);
    for (const key of idleKeys(cached)) {
      const list = this.#idle.get(key);
      list?.delete(cached);
      if (list?.isEmpty === true) this.#idle.delete(key);
    }
  }

  #countStock(before: Node | undefined, after: Node | undefined): void {
    for (const label of stockLabels(before)) {
      const left = this.readyCount(label) - 1;
      if (left === 0) this.#readyCounts.delete(label);
      else this.#readyCounts.set(label, left);
    }
    for (const label of stockLabels(after)) this.#readyCounts.set(label, this.readyCount(label) + 1);
  }

  #countUsage(before: IndexedNode | undefined, after: IndexedNode | undefined): void {
    for (const key of usageKeys(before)) this.#usage.remove(key, before?.resources ?? {});
    for (const key of usageKeys(after)) this.#usage.add(key, after?.resources ?? {});
  }
}

/** Moves a node from its group to another; what stays in its group is replaced there. */
function replace(
  groups: Groups<CachedNode>,
  from: string | null | undefined,
  to: string | null | undefined,
  before: CachedNode | undefined,
  after: CachedNode | undefined,
): void {
  if (before !== undefined && from !== to && typeof from === 'string') groups.delete(from, before.record.id);
  if (after !== undefined && typeof to === 'string') groups.set(to, after.record.id, after);
}

/** The node burdens the same provider, pool and tenant as before, and with the same. */
function countsAlike(before: IndexedNode | undefined, after: IndexedNode | undefined): boolean {
  if (before === undefined || after === undefined) return false;
  const { provider, pool, tenantName } = before.cached.record;
  const { record } = after.cached;
  if (provider !== record.provider || pool !== record.pool || tenantName !== record.tenantName) return false;
  return sameResources(before.resources, after.resources);
}

function sameResources(left: Resources, right: Resources): boolean {
  if (left === right) return true;
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

function isDeletable({ record, locked }: CachedNode): boolean {
  return !locked && deletableNodeStates.has(record.state);
}

function isStock(node: Node): boolean {
  return node.state === 'ready' && node.allocatedTo === null;
}

/** Labels under which a ready, unallocated node counts; a label named twice counts once. */
function stockLabels(node: Node | undefined): readonly string[] {
  return node !== undefined && isStock(node) ? distinct(node.type) : none;
}

function idleKeys({ record: node, locked }: CachedNode): readonly string[] {
  const { provider, pool } = node;
  if (locked || !isStock(node) || provider === null || pool === null) return none;
  return [idleKey(provider, pool), ...distinct(node.type).map((label) => idleKey(provider, pool, label))];
}

/** Nearly every node has one label. */
function distinct(labels: readonly string[]): readonly string[] {
  return labels.length < 2 ? labels : [...new Set(labels)];
}

function idleKey(provider: string, pool: string, label?: string): string {
  return label === undefined ? joinKey(provider, pool) : joinKey(provider, pool, label);
}

function usageKeys(node: IndexedNode | undefined): readonly string[] {
  if (node === undefined) return none;
  const { provider, pool, tenantName } = node.cached.record;
  const keys: string[] = [];
  if (provider !== null) keys.push(joinKey('provider', provider));
  if (provider !== null && pool !== null) keys.push(joinKey('pool', provider, pool));
  if (tenantName !== null) keys.push(joinKey('tenant', tenantName));
  return keys;
}

function longestReadyFirst(left: CachedNode, right: CachedNode): number {
  const byTime = left.record.stateTimeSec - right.record.stateTimeSec;
  if (byTime !== 0) return byTime;
  if (left.record.id === right.record.id) return 0;
  return left.record.id < right.record.id ? -1 : 1;
}
