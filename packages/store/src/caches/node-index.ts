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

/** Look-up tables over the nodes, kept current one change at a time: no cost grows with the number of nodes. */
export class NodeIndex {
  readonly #byProvider = new Groups<CachedNode>();
  readonly #byState = new Groups<CachedNode>();
  readonly #byRequest = new Groups<CachedNode>();
  readonly #deletable = new Map<string, CachedNode>();
  readonly #idle = new Map<string, SortedList<CachedNode>>();
  readonly #readyCounts = new Map<string, number>();
  readonly #usage = new Usage();

  /** Replaces what is known of one node. */
  change(before: IndexedNode | undefined, after: IndexedNode | undefined): void {
    if (before !== undefined) this.#remove(before);
    if (after !== undefined) this.#add(after);
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

  #add({ cached, resources }: IndexedNode): void {
    const { record: node } = cached;
    this.#byState.set(node.state, node.id, cached);
    if (node.provider !== null) this.#byProvider.set(node.provider, node.id, cached);
    if (node.allocatedTo !== null) this.#byRequest.set(node.allocatedTo, node.id, cached);
    if (isDeletable(cached)) this.#deletable.set(node.id, cached);
    for (const key of idleKeys(cached)) {
      const list = this.#idle.get(key) ?? new SortedList(longestReadyFirst);
      this.#idle.set(key, list);
      list.add(cached);
    }
    for (const label of stockLabels(node)) this.#readyCounts.set(label, this.readyCount(label) + 1);
    for (const key of usageKeys(node)) this.#usage.add(key, resources);
  }

  #remove({ cached, resources }: IndexedNode): void {
    const { record: node } = cached;
    this.#byState.delete(node.state, node.id);
    if (node.provider !== null) this.#byProvider.delete(node.provider, node.id);
    if (node.allocatedTo !== null) this.#byRequest.delete(node.allocatedTo, node.id);
    this.#deletable.delete(node.id);
    for (const key of idleKeys(cached)) {
      const list = this.#idle.get(key);
      list?.delete(cached);
      if (list?.isEmpty === true) this.#idle.delete(key);
    }
    for (const label of stockLabels(node)) {
      const left = this.readyCount(label) - 1;
      if (left === 0) this.#readyCounts.delete(label);
      else this.#readyCounts.set(label, left);
    }
    for (const key of usageKeys(node)) this.#usage.remove(key, resources);
  }
}

function isDeletable({ record, locked }: CachedNode): boolean {
  return !locked && deletableNodeStates.has(record.state);
}

function isStock(node: Node): boolean {
  return node.state === 'ready' && node.allocatedTo === null;
}

/** Labels under which a ready, unallocated node counts; a label named twice counts once. */
function stockLabels(node: Node): Iterable<string> {
  return isStock(node) ? new Set(node.type) : [];
}

function idleKeys({ record: node, locked }: CachedNode): readonly string[] {
  const { provider, pool } = node;
  if (locked || !isStock(node) || provider === null || pool === null) return [];
  return [idleKey(provider, pool), ...[...new Set(node.type)].map((label) => idleKey(provider, pool, label))];
}

function idleKey(provider: string, pool: string, label?: string): string {
  return label === undefined ? joinKey(provider, pool) : joinKey(provider, pool, label);
}

function usageKeys({ provider, pool, tenantName }: Node): readonly string[] {
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
