import type { RequestState } from '@nodepool/model';
import type { TreeEntry } from '@nodepool/zookeeper';
import { isUnreadable } from '../codec/record.js';
import { requestCodec } from '../codec/request.js';
import { isZnodeName, roots } from '../paths.js';
import type { CacheChange, CachedRequest, RequestCache, UnreadableRecord } from '../types.js';
import { Groups } from './groups.js';
import { Listeners } from './listeners.js';

/** Requests by the events of the tree below `/nodepool/requests`. */
export class WatchedRequests implements RequestCache {
  readonly #requests = new Map<string, CachedRequest>();
  readonly #byState = new Groups<CachedRequest>();
  readonly #unreadable = new Map<string, UnreadableRecord>();
  readonly #listeners = new Listeners<CacheChange<CachedRequest>>();

  apply(path: string, entry: TreeEntry | undefined): void {
    const id = path.slice(roots.requests.length + 1);
    if (!isZnodeName(id)) return;
    const read = entry === undefined ? undefined : requestCodec.decode(path, entry.data, entry.stat);
    const before = this.#requests.get(id);
    this.#unreadable.delete(id);
    if (read !== undefined && isUnreadable(read)) this.#unreadable.set(id, read);
    const after = read === undefined || isUnreadable(read) ? undefined : read;
    if (before !== undefined) this.#byState.delete(before.record.state, id);
    if (after !== undefined) this.#byState.set(after.record.state, id, after);
    if (after === undefined) this.#requests.delete(id);
    else this.#requests.set(id, after);
    if (before !== undefined || after !== undefined) this.#listeners.tell({ before, after });
  }

  get size(): number {
    return this.#requests.size;
  }

  get(id: string): CachedRequest | undefined {
    return this.#requests.get(id);
  }

  all(): Iterable<CachedRequest> {
    return this.#requests.values();
  }

  byState(state: RequestState): Iterable<CachedRequest> {
    return this.#byState.get(state);
  }

  unreadable(): Iterable<UnreadableRecord> {
    return this.#unreadable.values();
  }

  onChange(listener: (change: CacheChange<CachedRequest>) => void): Disposable {
    return this.#listeners.add(listener);
  }
}
