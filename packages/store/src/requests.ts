import type { NewNodeRequest, NodeRequest } from '@nodepool/model';
import { nowSec } from '@nodepool/runtime';
import { type HeldLock, isZooKeeperError, newLockOps, type Stat, tryLock } from '@nodepool/zookeeper';
import { untilAnswered } from './answered.js';
import { isUnreadable, Snapshot } from './codec/record.js';
import { requestCodec } from './codec/request.js';
import { fulfilRequest } from './fulfil.js';
import { findWritten, HeldRecord } from './held-record.js';
import { type StatedRequest, StoreHeldRequest } from './held-request.js';
import { commit, throughLosses } from './losses.js';
import { recoverNewLock } from './new-lock.js';
import { lockOptions, type RecordStoreOptions } from './options.js';
import { isZnodeName, requestLockPath, requestPath, roots } from './paths.js';
import { childNames, ifPresent, mapBounded, read, readAll, readLocked, readRecord } from './records.js';
import type { CachedRequest, HeldRequest, RequestStore, Stored, UnreadableRecord } from './types.js';

/** Lock directories removed in one transaction. */
const locksAtOnce = 64;

export function openRequestStore(options: RecordStoreOptions): RequestStore {
  return new ZooKeeperRequests(options);
}

class ZooKeeperRequests implements RequestStore {
  readonly #options: RecordStoreOptions;

  constructor(options: RecordStoreOptions) {
    this.#options = options;
  }

  async create(
    request: NewNodeRequest,
    { priority, ephemeral }: Parameters<RequestStore['create']>[1],
  ): Promise<Stored<NodeRequest>> {
    const { writer, clock } = this.#options;
    const stated: StatedRequest = {
      ...request,
      state: 'requested',
      stateTimeSec: nowSec(clock),
      nodes: [],
      declinedBy: [],
    };
    const data = requestCodec.encodeNew(stated);
    const mode = ephemeral ? 'ephemeral-sequential' : 'persistent-sequential';
    let lost = false;
    return throughLosses(writer.zk, async () => {
      const adopted = lost ? await this.#findCreated(stated, priority) : undefined;
      if (adopted !== undefined) return adopted;
      lost = true;
      const { path, stat } = await writer.createIn(roots.requests, `${priority}-`, data, mode);
      return new Snapshot({ id: path.slice(roots.requests.length + 1), ...stated }, data, stat);
    });
  }

  async get(id: string): Promise<Stored<NodeRequest> | undefined> {
    return isZnodeName(id) ? readRecord(this.#options.writer.zk, requestCodec, requestPath(id)) : undefined;
  }

  async list(): ReturnType<RequestStore['list']> {
    const { zk } = this.#options.writer;
    const ids = await childNames(zk, roots.requests);
    const answers = await readAll(zk, ids.map(requestPath));
    const requests: CachedRequest[] = [];
    const unreadable: UnreadableRecord[] = [];
    for (const [index, id] of ids.entries()) {
      const answer = answers[index];
      if (answer === undefined) continue;
      const entry = requestCodec.decode(requestPath(id), answer.data, answer.stat);
      if (isUnreadable(entry)) unreadable.push(entry);
      else requests.push(entry);
    }
    return { requests, unreadable };
  }

  async accept(seen: CachedRequest, signal?: AbortSignal): Promise<HeldRequest | undefined> {
    signal?.throwIfAborted();
    const snapshot = await this.#asRead(seen);
    if (snapshot === undefined || snapshot.record.state !== 'requested') return undefined;
    const change = { state: 'pending', stateTimeSec: nowSec(this.#options.clock) } as const;
    const data = requestCodec.encodeChange(snapshot, change);
    const { id } = seen.record;
    const set: SetOp = { op: 'set', path: requestPath(id), data, version: seen.version };
    try {
      return await this.#acceptUnlocked(id, set).catch((error: unknown) => {
        if (isZooKeeperError(error, 'ZK_NODE_EXISTS')) return this.#acceptLockedBefore(id, set);
        throw error;
      });
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NO_NODE', 'ZK_BAD_VERSION')) return undefined;
      throw error;
    }
  }

  async lock(id: string): Promise<HeldRequest | undefined> {
    const { writer } = this.#options;
    if (!isZnodeName(id)) return undefined;
    // The lock directory outlives the request: none is made for a request that is gone.
    if ((await throughLosses(writer.zk, () => writer.zk.exists(requestPath(id)))) === undefined) return undefined;
    const handle = await this.#tryLock(id);
    if (handle === undefined) return undefined;
    const found = await readLocked(writer.zk, requestCodec, requestPath(id), handle);
    return found && this.#hold(found, handle);
  }

  async isLocked(id: string): Promise<boolean> {
    if (!isZnodeName(id)) return false;
    const { zk } = this.#options.writer;
    return ((await throughLosses(zk, () => zk.exists(requestLockPath(id))))?.numChildren ?? 0) > 0;
  }

  fulfil: RequestStore['fulfil'] = fulfilRequest;

  async untilAnswered(id: string, signal: AbortSignal): ReturnType<RequestStore['untilAnswered']> {
    return isZnodeName(id) ? untilAnswered(this.#options, id, signal) : undefined;
  }

  async remove(id: string): Promise<void> {
    const { writer } = this.#options;
    if (isZnodeName(id)) await ifPresent(throughLosses(writer.zk, () => writer.zk.delete(requestPath(id))));
  }

  async removeLocks(ids: readonly string[]): Promise<void> {
    for (let start = 0; start < ids.length; start += locksAtOnce) {
      await this.#removeLockBatch(ids.slice(start, start + locksAtOnce).filter(isZnodeName));
    }
  }

  async removeStaleLocks(olderThanMs: number): Promise<number> {
    const { writer, clock } = this.#options;
    const [locks, requests] = await Promise.all([
      childNames(writer.zk, roots.requestLocks),
      childNames(writer.zk, roots.requests),
    ]);
    const open = new Set(requests);
    const latestMs = clock.now() - olderThanMs;
    const removed = await mapBounded(
      locks.filter((id) => !open.has(id)),
      (id) => this.#removeLockDirectory(requestLockPath(id), latestMs),
    );
    return removed.filter((done) => done).length;
  }

  /** One request when all of them are there and empty; else one for each. */
  async #removeLockBatch(ids: readonly string[]): Promise<void> {
    const { zk } = this.#options.writer;
    const paths = ids.map(requestLockPath);
    try {
      await zk.multi(paths.map((path) => ({ op: 'delete', path })));
    } catch (error) {
      if (!isZooKeeperError(error, 'ZK_NO_NODE', 'ZK_NOT_EMPTY')) throw error;
      await mapBounded(paths, (path) => this.#removeLockDirectory(path, Number.POSITIVE_INFINITY));
    }
  }

  /** The server refuses to delete a directory with a contender in it, so none can be harmed. */
  async #removeLockDirectory(path: string, latestMs: number): Promise<boolean> {
    const { writer } = this.#options;
    try {
      const stat = await writer.zk.exists(path);
      if (stat === undefined || stat.numChildren > 0 || stat.mtimeMs > latestMs) return false;
      await writer.zk.delete(path);
      return true;
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NO_NODE', 'ZK_NOT_EMPTY')) return false;
      throw error;
    }
  }

  /** After a cut: a request with our event id was made by us. Without one nobody can tell, and the request is made again. */
  async #findCreated(wanted: StatedRequest, priority: string): Promise<Snapshot<NodeRequest> | undefined> {
    const { zk } = this.#options.writer;
    if (wanted.eventId === null) return undefined;
    await zk.sync(roots.requests);
    const ids = (await childNames(zk, roots.requests)).filter((id) => id.startsWith(`${priority}-`));
    const found = await mapBounded(ids, (id) => read(zk, requestCodec, requestPath(id)));
    return found.find((entry): entry is Snapshot<NodeRequest> => isSame(entry, wanted));
  }

  /** What a rewrite starts from; a record that this package did not read is read now. */
  async #asRead(seen: CachedRequest): Promise<Snapshot<NodeRequest> | undefined> {
    if (seen instanceof Snapshot) return seen;
    const found = await read(this.#options.writer.zk, requestCodec, requestPath(seen.record.id));
    return found === undefined || isUnreadable(found) || found.version !== seen.version ? undefined : found;
  }

  /** Nobody has locked the request yet: its lock and its new state in one step. */
  async #acceptUnlocked(id: string, set: SetOp, retried = false): Promise<HeldRequest | undefined> {
    const { writer } = this.#options;
    const directory = requestLockPath(id);
    const locking = newLockOps(writer.zk, directory, lockOptions(this.#options));
    // The version first: that somebody else was faster is then known at once, whether or not he has made a lock.
    const ops = [set, ...locking.ops];
    try {
      const results = await commit(writer.zk, (all) => writer.multi(all), ops, {
        recover: () => recoverNewLock(writer.zk, directory, ops),
      });
      const [result] = results;
      return this.#accepted(id, set, locking.handle(results), result?.op === 'set' ? result.stat : undefined);
    } catch (error) {
      const firstEver = isZooKeeperError(error, 'ZK_NO_NODE') && error.failedOp === 1 && !retried;
      if (!firstEver) throw error;
      await writer.zk.ensurePath(roots.requestLocks);
      return this.#acceptUnlocked(id, set, true);
    }
  }

  /** The lock directory is there already: somebody declined or revised the request before. */
  async #acceptLockedBefore(id: string, set: SetOp): Promise<HeldRequest | undefined> {
    const { writer } = this.#options;
    const handle = await this.#tryLock(id);
    if (handle === undefined) return undefined;
    try {
      const results = await commit(writer.zk, (all) => writer.multi(all, handle.signal), [handle.guard(), set], {
        signal: handle.signal,
        recover: async () => {
          const stat = await findWritten(writer, set.path, set.data, set.version + 1);
          return stat === undefined ? undefined : [{ op: 'check' }, { op: 'set', stat }];
        },
      });
      const result = results.at(-1);
      return await this.#accepted(id, set, handle, result?.op === 'set' ? result.stat : undefined);
    } catch (error) {
      await handle.release();
      throw error;
    }
  }

  async #accepted(id: string, set: SetOp, handle: HeldLock, stat: Stat | undefined): Promise<HeldRequest | undefined> {
    const path = requestPath(id);
    const snapshot =
      stat === undefined
        ? await read(this.#options.writer.zk, requestCodec, path, handle.signal)
        : requestCodec.decode(path, set.data, stat);
    if (snapshot !== undefined && !isUnreadable(snapshot)) return this.#hold(snapshot, handle);
    await handle.release();
    return undefined;
  }

  #tryLock(id: string): Promise<HeldLock | undefined> {
    const options = { ...lockOptions(this.#options), ensure: 'parents' } as const;
    return tryLock(this.#options.writer.zk, requestLockPath(id), options);
  }

  #hold(snapshot: Snapshot<NodeRequest>, lock: HeldLock): HeldRequest {
    const { writer, clock } = this.#options;
    const { id } = snapshot.record;
    const path = requestPath(id);
    const name = `request ${id}`;
    return new StoreHeldRequest(id, new HeldRecord({ writer, clock, codec: requestCodec, path, lock, snapshot, name }));
  }
}

interface SetOp {
  readonly op: 'set';
  readonly path: string;
  readonly data: Uint8Array;
  readonly version: number;
}

function isSame(entry: Snapshot<NodeRequest> | UnreadableRecord | undefined, wanted: StatedRequest): boolean {
  if (entry === undefined || isUnreadable(entry)) return false;
  const { eventId, requestor, createdTimeSec, nodeTypes } = entry.record;
  return (
    eventId === wanted.eventId &&
    requestor === wanted.requestor &&
    createdTimeSec === wanted.createdTimeSec &&
    nodeTypes.join() === wanted.nodeTypes.join()
  );
}
