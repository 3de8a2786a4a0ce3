import type { CacheChange, CachedNode } from '@nodepool/store';
import { storedLaunch } from './ticket.js';

/** A node whose launcher has let go of it while it was being launched. */
export interface UnfinishedNode {
  readonly id: string;
  readonly az: string | null;
  readonly tenantName: string | null;
  /** The request that it was launched for, or null. */
  readonly requestId: string | null;
}

const none: ReadonlyMap<string, UnfinishedNode> = new Map();

/** Nodes that are building and locked by nobody, with a ticket to carry on with; by pool and label. */
export class UnfinishedNodes {
  readonly #groups = new Map<string, Map<string, UnfinishedNode>>();

  nodeChanged({ before, after }: CacheChange<CachedNode>): void {
    if (before !== undefined && isUnfinished(before)) {
      const key = groupKey(before);
      const group = this.#groups.get(key);
      if (group?.delete(before.record.id) === true && group.size === 0) this.#groups.delete(key);
    }
    if (after === undefined || !isUnfinished(after)) return;
    const { id, allocatedTo, tenantName } = after.record;
    const group = this.#groups.get(groupKey(after)) ?? new Map<string, UnfinishedNode>();
    this.#groups.set(groupKey(after), group);
    group.set(id, { id, az: storedLaunch(after.record)?.az ?? null, tenantName, requestId: allocatedTo });
  }

  /** The oldest first, as far as this process has seen them. */
  of(provider: string, pool: string, label: string): Iterable<UnfinishedNode> {
    return (this.#groups.get(JSON.stringify([provider, pool, label])) ?? none).values();
  }
}

function isUnfinished({ record, locked }: CachedNode): boolean {
  return !locked && storedLaunch(record) !== undefined;
}

/** A node under way has the one label that it is launched for. */
function groupKey({ record: { provider, pool, type } }: CachedNode): string {
  return JSON.stringify([provider, pool, type[0] ?? '']);
}
