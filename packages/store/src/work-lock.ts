import type { HeldLock, ZooKeeper } from '@nodepool/zookeeper';
import { throughLosses } from './losses.js';
import type { WorkLock } from './types.js';

/** A lock on work that takes minutes. */
export class StoreWorkLock implements WorkLock {
  /** For the multis of writes under this lock. */
  readonly handle: HeldLock;
  readonly #zk: ZooKeeper;

  constructor(zk: ZooKeeper, handle: HeldLock) {
    this.#zk = zk;
    this.handle = handle;
  }

  get signal(): AbortSignal {
    return this.handle.signal;
  }

  async verify(): Promise<boolean> {
    if (this.signal.aborted) return false;
    try {
      return await throughLosses(
        this.#zk,
        async () => {
          const [, stands] = await Promise.all([this.#zk.sync(this.handle.child), this.handle.verify()]);
          return stands;
        },
        this.signal,
      );
    } catch (error) {
      if (this.signal.aborted) return false;
      throw error;
    }
  }

  release(): Promise<void> {
    return this.handle.release();
  }
}

/** The handle behind a lock of this store. */
export function handleOf(lock: WorkLock): HeldLock {
  if (lock instanceof StoreWorkLock) return lock.handle;
  throw new TypeError('the lock was not taken through a store');
}
