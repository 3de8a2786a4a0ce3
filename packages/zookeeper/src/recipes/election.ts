import { isZooKeeperError } from '../errors.js';
import type { Random } from '../random.js';
import type { Sleeper } from '../timers.js';
import type { ZooKeeper } from '../types.js';
import { contenders, type LockContender } from './contenders.js';
import { lock } from './lock.js';
import { connectedAgain } from './waiting.js';

export interface ElectionOptions {
  /** Who we are, for people and for the other candidates. */
  readonly identifier: string;
  readonly random: Random;
  readonly sleeper?: Sleeper;
}

/** One leader among those who run for the same path: whoever holds the lock there. */
export class Election {
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #options: ElectionOptions;

  constructor(zk: ZooKeeper, path: string, options: ElectionOptions) {
    this.#zk = zk;
    this.#path = path;
    this.#options = options;
  }

  /**
   * Runs for leader, calls `lead` when elected, and again whenever leadership was lost and won back. Returns when
   * `lead` returns by itself or `signal` aborts.
   *
   * @param lead must come to an end when its signal aborts: leadership is lost, or the candidacy is over.
   * @throws what `lead` throws while it leads; a ZooKeeperError, `ZK_CLOSED` among them.
   */
  async run(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await connectedAgain(this.#zk, signal);
        if (await this.#term(lead, signal)) return;
      }
    } catch (error) {
      if (!signal.aborted || error !== signal.reason) throw error;
    }
  }

  /** The leader, first, and who waits to follow. */
  candidates(): Promise<readonly LockContender[]> {
    return contenders(this.#zk, this.#path);
  }

  /** @returns true when the leader has had enough. */
  async #term(lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const held = await this.#elected(signal);
    if (held === undefined) return false;
    const leading = AbortSignal.any([held.signal, signal]);
    try {
      await lead(leading);
      return !held.signal.aborted;
    } catch (error) {
      if (!leading.aborted) throw error;
      return false;
    } finally {
      await held.release();
    }
  }

  async #elected(signal: AbortSignal): ReturnType<typeof lock> {
    try {
      return await lock(this.#zk, this.#path, { ...this.#options, ensure: 'parents', signal });
    } catch (error) {
      // The next candidacy is one of the next session.
      if (isZooKeeperError(error, 'ZK_SESSION_EXPIRED')) return undefined;
      throw error;
    }
  }
}
