import { nowSec } from '@nodepool/runtime';
import { isZooKeeperError, type LockHandle, type MultiOp, type MultiResult, tryLock } from '@nodepool/zookeeper';
import { type Codec, isUnreadable, Snapshot } from './codec/record.js';
import { StoreError } from './errors.js';
import { findWritten, type Stateful } from './held-record.js';
import { commit } from './losses.js';
import { lockOptions, type RecordStoreOptions } from './options.js';
import { lockName } from './paths.js';
import { childNames, ifPresent, mapBounded, read, readRecord } from './records.js';
import type { Stored, WorkLock } from './types.js';
import { handleOf } from './work-lock.js';

/** Conditional writes of one kind of image record. */
export class ImageWrites<T extends Stateful, S extends Stateful> {
  readonly #options: RecordStoreOptions;
  readonly #codec: Codec<T, S>;

  constructor(options: RecordStoreOptions, codec: Codec<T, S>) {
    this.#options = options;
    this.#codec = codec;
  }

  /** @param name empty lets the server number the record. */
  async create(directory: string, name: string, stated: Omit<S, 'stateTimeSec'>, lock: WorkLock): Promise<Snapshot<T>> {
    const data = this.#codec.encodeNew({ ...stated, stateTimeSec: nowSec(this.#options.clock) } as S);
    const mode = name === '' ? 'persistent-sequential' : 'persistent';
    const path = `${directory}/${name}`;
    const create: MultiOp = { op: 'create', path, data, mode };
    const results = await this.#commit([handleOf(lock).guard(), create], path, lock.signal, () =>
      this.#findCreated(directory, name, data),
    );
    const result = results[1];
    if (result?.op !== 'create') throw new TypeError('a create was answered with something else');
    return this.#decoded(result.path, data, result.stat);
  }

  /** @throws StoreError `NP_RECORD_GONE`, `NP_CONFLICT`, `NP_LOCK_LOST`. */
  async update(
    path: string,
    seen: Stored<T>,
    change: Partial<S>,
    lock?: WorkLock,
    condition?: MultiOp,
  ): Promise<Snapshot<T>> {
    const before = await this.#asRead(path, seen);
    const timed = Object.hasOwn(change, 'state') ? { ...change, stateTimeSec: nowSec(this.#options.clock) } : change;
    const data = this.#codec.encodeChange(before, timed);
    const set: MultiOp = { op: 'set', path, data, version: seen.version };
    const conditions = [...(lock === undefined ? [] : [handleOf(lock).guard()]), ...(condition ? [condition] : [])];
    const ops = [...conditions, set];
    const results = await this.#commit(ops, path, lock?.signal, async () => {
      const stat = await findWritten(this.#options.writer, path, data, seen.version + 1);
      return stat === undefined
        ? undefined
        : [...ops.slice(1).map(() => ({ op: 'check' }) as const), { op: 'set', stat }];
    });
    const result = results.at(-1);
    if (result?.op !== 'set') throw new TypeError('a set was answered with something else');
    return this.#decoded(path, data, result.stat);
  }

  /** Sets `deleting` under the record's own lock; false when that is held, or the record is gone. */
  markDeleting(path: string): Promise<boolean> {
    return this.underOwnLock(path, async (handle) => {
      const found = await readRecord(this.#options.writer.zk, this.#codec, path);
      if (found === undefined) return false;
      if (found.record.state === 'deleting') return true;
      const change = { state: 'deleting', stateTimeSec: nowSec(this.#options.clock) } as Partial<S>;
      const data = this.#codec.encodeChange(found, change);
      await this.removeLock(handle, path, [{ op: 'set', path, data, version: found.version }]);
      return true;
    });
  }

  /**
   * Runs `work` under the lock below the record, without waiting for it.
   *
   * @returns false when another holds it or the record is gone.
   */
  async underOwnLock(path: string, work: (handle: LockHandle) => Promise<boolean>): Promise<boolean> {
    const { writer } = this.#options;
    // Only the directory `lock` itself may be made: a record that is gone must not come back as an empty znode.
    const options = { ...lockOptions(this.#options), ensure: 'last' } as const;
    const handle = await tryLock(writer.zk, `${path}/${lockName}`, options);
    if (handle === undefined) return false;
    try {
      return await work(handle);
    } finally {
      await handle.release();
    }
  }

  /** Carries out `ops` and gives up the lock, in one step. */
  async removeLock(
    handle: LockHandle,
    path: string,
    before: readonly MultiOp[],
    after: readonly MultiOp[] = [],
  ): Promise<void> {
    const { zk } = this.#options.writer;
    const ops = [...before, handle.releaseOp(), ...after];
    await this.#commit(ops, path, handle.signal, async () =>
      (await zk.exists(handle.child)) === undefined ? [] : undefined,
    );
    handle.released();
  }

  async #commit(
    ops: readonly MultiOp[],
    path: string,
    signal: AbortSignal | undefined,
    recover: () => Promise<readonly MultiResult[] | undefined>,
  ): Promise<readonly MultiResult[]> {
    const { writer } = this.#options;
    try {
      return await commit(writer.zk, (all) => writer.multi(all, signal), ops, { signal, recover });
    } catch (error) {
      throw failure(error, ops, path, signal);
    }
  }

  async #findCreated(directory: string, name: string, data: Buffer): Promise<readonly MultiResult[] | undefined> {
    const { zk } = this.#options.writer;
    const names = name === '' ? await childNames(zk, directory) : [name];
    const found = await mapBounded(names, async (candidate): Promise<MultiResult | undefined> => {
      const path = `${directory}/${candidate}`;
      const there = await ifPresent(zk.get(path));
      return there?.stat.version === 0 && there.data.equals(data)
        ? { op: 'create', path, stat: there.stat }
        : undefined;
    });
    const result = found.find((candidate) => candidate !== undefined);
    return result === undefined ? undefined : [{ op: 'check' }, result];
  }

  async #asRead(path: string, seen: Stored<T>): Promise<Snapshot<T>> {
    if (seen instanceof Snapshot) return seen;
    const found = await read(this.#options.writer.zk, this.#codec, path);
    if (found === undefined) throw new StoreError('NP_RECORD_GONE', `writing ${path}`);
    if (isUnreadable(found) || found.version !== seen.version) throw new StoreError('NP_CONFLICT', `writing ${path}`);
    return found;
  }

  #decoded(path: string, data: Uint8Array, stat: Parameters<Codec<T, S>['decode']>[2]): Snapshot<T> {
    const decoded = this.#codec.decode(path, data, stat);
    if (isUnreadable(decoded)) throw new StoreError('NP_RECORD_UNREADABLE', `reading ${path} back`);
    return decoded;
  }
}

function failure(error: unknown, ops: readonly MultiOp[], path: string, signal: AbortSignal | undefined): unknown {
  const doing = `writing ${path}`;
  if (signal?.aborted === true) return new StoreError('NP_LOCK_LOST', doing, { cause: error });
  if (!isZooKeeperError(error)) return error;
  const failed = error.failedOp === undefined ? undefined : ops[error.failedOp];
  if (error.code === 'ZK_NO_NODE') {
    return new StoreError(failed?.path === path ? 'NP_RECORD_GONE' : 'NP_LOCK_LOST', doing, { cause: error });
  }
  if (isZooKeeperError(error, 'ZK_BAD_VERSION', 'ZK_NODE_EXISTS', 'ZK_NOT_EMPTY')) {
    return new StoreError('NP_CONFLICT', doing, { cause: error });
  }
  return isZooKeeperError(error, 'ZK_SESSION_EXPIRED', 'ZK_LOCK_LOST')
    ? new StoreError('NP_LOCK_LOST', doing, { cause: error })
    : error;
}
