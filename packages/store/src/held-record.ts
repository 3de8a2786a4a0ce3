import { type Clock, nowSec, Semaphore } from '@nodepool/runtime';
import { type HeldLock, isZooKeeperError, type MultiOp, type MultiResult, type Stat } from '@nodepool/zookeeper';
import { type Codec, isUnreadable, type Snapshot } from './codec/record.js';
import { StoreError, type StoreErrorCode } from './errors.js';
import { commit } from './losses.js';
import { ifPresent, read } from './records.js';
import type { Writer } from './writer.js';

/** What the records of locks have in common. */
export interface Stateful {
  readonly state: string;
  readonly stateTimeSec: number;
}

export interface HeldOptions<T, S extends object> {
  readonly writer: Writer;
  readonly clock: Clock;
  readonly codec: Codec<T, S>;
  readonly path: string;
  readonly lock: HeldLock;
  readonly snapshot: Snapshot<T>;
  /** For messages: `node 0000000001`. */
  readonly name: string;
}

/** How often a write is put on top of somebody's unlocked write before the lock is declared worthless. */
const rebases = 3;

/** A record under a lock of ours. Every write is one multi that fails when the lock or the version is not what it was. */
export class HeldRecord<T extends Stateful, S extends Stateful> {
  readonly path: string;
  readonly lock: HeldLock;
  readonly #options: HeldOptions<T, S>;
  readonly #turns = new Semaphore(1);
  #snapshot: Snapshot<T>;

  constructor(options: HeldOptions<T, S>) {
    this.#options = options;
    this.path = options.path;
    this.lock = options.lock;
    this.#snapshot = options.snapshot;
  }

  get record(): T {
    return this.#snapshot.record;
  }

  get snapshot(): Snapshot<T> {
    return this.#snapshot;
  }

  /** Data of the record with `change`; a change that names the state sets its time. */
  encode(change: Partial<S>): Buffer {
    const timed = Object.hasOwn(change, 'state') ? { ...change, stateTimeSec: nowSec(this.#options.clock) } : change;
    return this.#options.codec.encodeChange(this.#snapshot, timed);
  }

  update(change: Partial<S>): Promise<T> {
    return this.#turns.run(async () => {
      await this.persist(() => {
        const data = this.encode(change);
        return {
          ops: [this.lock.guard(), this.setOp(data)],
          recover: () => this.#recoverSet(data),
          settle: (results) => this.settle(data, results[1]),
        };
      });
      return this.record;
    });
  }

  updateAndRelease(change: Partial<S>): Promise<void> {
    return this.#turns.run(() =>
      this.persist(() => {
        const data = this.encode(change);
        return {
          ops: [this.setOp(data), this.lock.releaseOp()],
          recover: () => this.recoverRelease(),
          settle: (results) => {
            this.settle(data, results[0]);
            this.lock.released();
          },
        };
      }),
    );
  }

  release(): Promise<void> {
    return this.#turns.run(() => this.lock.release());
  }

  setOp(data: Uint8Array): MultiOp {
    return { op: 'set', path: this.path, data, version: this.#snapshot.version };
  }

  /** Takes over what a set of ours has stored. */
  settle(data: Uint8Array, result: MultiResult | undefined): void {
    if (result?.op === 'set') this.#take(data, result.stat);
  }

  /** After a cut: our lock child is gone exactly when the multi that deletes it was carried out. */
  async recoverRelease(): Promise<readonly MultiResult[] | undefined> {
    const child = await this.#options.writer.zk.exists(this.lock.child);
    return child === undefined ? [] : undefined;
  }

  /**
   * Carries out a conditional multi about this record.
   *
   * @param prepare called again, on the records as they then are, when somebody has written one without the lock.
   * @param others further records that the multi writes.
   * @throws StoreError `NP_LOCK_LOST` or `NP_RECORD_GONE`.
   */
  async persist(prepare: () => Prepared, others: readonly Rereadable[] = []): Promise<void> {
    const { writer } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      const { ops, recover, settle } = prepare();
      try {
        const multi = (all: readonly MultiOp[]): Promise<readonly MultiResult[]> => writer.multi(all, this.lock.signal);
        settle(await commit(writer.zk, multi, ops, { signal: this.lock.signal, recover }));
        return;
      } catch (error) {
        const overtaken = attempt < rebases && isZooKeeperError(error, 'ZK_BAD_VERSION');
        if (overtaken && (await allReread([this, ...others]))) continue;
        throw this.#failure(error, ops);
      }
    }
  }

  /** Reads the record again; false when what we know of it no longer holds: gone, unreadable, in another state. */
  async reread(): Promise<boolean> {
    const { writer, codec, path } = this.#options;
    const snapshot = await read(writer.zk, codec, path, this.lock.signal);
    if (snapshot === undefined || isUnreadable(snapshot) || snapshot.record.state !== this.record.state) return false;
    this.#snapshot = snapshot;
    return true;
  }

  /** What a failed multi of `ops` means for the holder; when it means the end of the hold, the lock is given up. */
  #failure(error: unknown, ops: readonly MultiOp[]): unknown {
    const code = this.#codeOf(error, ops);
    if (code === undefined) return error;
    const path = failedPath(error, ops);
    const ours = this.lock.signal.aborted || path === undefined || path === this.path || path === this.lock.child;
    // Nobody waits for it: the caller learns at once that the hold is over.
    if (ours) this.lock.release().catch(() => undefined);
    return new StoreError(code, `writing ${this.#options.name} under its lock`, { cause: error });
  }

  #codeOf(error: unknown, ops: readonly MultiOp[]): StoreErrorCode | undefined {
    if (this.lock.signal.aborted) return 'NP_LOCK_LOST';
    if (isZooKeeperError(error, 'ZK_NO_NODE') && failedPath(error, ops) === this.path) return 'NP_RECORD_GONE';
    const lost = isZooKeeperError(error, 'ZK_NO_NODE', 'ZK_BAD_VERSION', 'ZK_SESSION_EXPIRED', 'ZK_LOCK_LOST');
    return lost ? 'NP_LOCK_LOST' : undefined;
  }

  async #recoverSet(data: Uint8Array): Promise<readonly MultiResult[] | undefined> {
    const { writer } = this.#options;
    const found = await findWritten(writer, this.path, data, this.#snapshot.version + 1);
    return found === undefined ? undefined : [{ op: 'check' }, { op: 'set', stat: found }];
  }

  #take(data: Uint8Array, stat: Stat): void {
    const read = this.#options.codec.decode(this.path, data, stat);
    if (!isUnreadable(read)) this.#snapshot = read;
  }
}

function failedPath(error: unknown, ops: readonly MultiOp[]): string | undefined {
  if (!isZooKeeperError(error)) return undefined;
  return error.failedOp === undefined ? error.path : ops[error.failedOp]?.path;
}

interface Rereadable {
  reread(): Promise<boolean>;
}

async function allReread(records: readonly Rereadable[]): Promise<boolean> {
  const results = await Promise.all(records.map((record) => record.reread()));
  return results.every((result) => result);
}

/** A multi, how to recognise it afterwards, and what to do when it has succeeded. */
export interface Prepared {
  readonly ops: readonly MultiOp[];
  recover(): Promise<readonly MultiResult[] | undefined>;
  settle(results: readonly MultiResult[]): void;
}

/** The stat of a znode that holds exactly `data` in exactly `version`. */
export async function findWritten(
  writer: Writer,
  path: string,
  data: Uint8Array,
  version: number,
): Promise<Stat | undefined> {
  const found = await ifPresent(writer.zk.get(path));
  return found?.stat.version === version && found.data.equals(data) ? found.stat : undefined;
}
