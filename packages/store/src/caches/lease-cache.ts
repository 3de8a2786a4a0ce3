import type { Lease } from '@nodepool/model';
import type { TreeEntry } from '@nodepool/zookeeper';
import { leaseCodec } from '../codec/lease.js';
import { isUnreadable } from '../codec/record.js';
import type { LeaseCache } from '../leases.js';
import { isZnodeName, roots } from '../paths.js';
import type { CacheChange, Stored } from '../types.js';
import { Groups } from './groups.js';
import { Listeners } from './listeners.js';

/** Leases by the events of the tree below `/nodepool/leases`. */
export class WatchedLeases implements Omit<LeaseCache, typeof Symbol.asyncDispose> {
  readonly #leases = new Map<string, Stored<Lease>>();
  readonly #byOwner = new Groups<Stored<Lease>>();
  readonly #byRequest = new Map<string, string>();
  readonly #listeners = new Listeners<CacheChange<Stored<Lease>>>();

  apply(path: string, entry: TreeEntry | undefined): void {
    const id = path.slice(roots.leases.length + 1);
    if (!isZnodeName(id)) return;
    const read = entry === undefined ? undefined : leaseCodec.decode(path, entry.data, entry.stat);
    const after = read === undefined || isUnreadable(read) ? undefined : read;
    const before = this.#leases.get(id);
    if (before !== undefined) this.#forget(before.record);
    if (after !== undefined) this.#keep(after);
    if (before !== undefined || after !== undefined) this.#listeners.tell({ before, after });
  }

  get(id: string): Stored<Lease> | undefined {
    return this.#leases.get(id);
  }

  all(): Iterable<Stored<Lease>> {
    return this.#leases.values();
  }

  ofOwner(owner: string): Iterable<Stored<Lease>> {
    return this.#byOwner.get(owner);
  }

  ofRequest(requestId: string): Stored<Lease> | undefined {
    const id = this.#byRequest.get(requestId);
    return id === undefined ? undefined : this.#leases.get(id);
  }

  onChange(listener: (change: CacheChange<Stored<Lease>>) => void): Disposable {
    return this.#listeners.add(listener);
  }

  #keep(lease: Stored<Lease>): void {
    const { id, owner, requestId } = lease.record;
    this.#leases.set(id, lease);
    this.#byOwner.set(owner, id, lease);
    if (requestId !== null) this.#byRequest.set(requestId, id);
  }

  #forget({ id, owner, requestId }: Lease): void {
    this.#leases.delete(id);
    this.#byOwner.delete(owner, id);
    if (requestId !== null) this.#byRequest.delete(requestId);
  }
}
