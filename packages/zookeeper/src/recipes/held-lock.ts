import { ZooKeeperError } from '../errors.js';
import type { LockHandle } from '../lock-types.js';
import type { Sleeper } from '../timers.js';
import type { MultiOp, SessionState, ZooKeeper } from '../types.js';
import { deleteSurely } from './waiting.js';

/**
 * A lock that is held by an ephemeral child of a session. It costs no request until it is released: the proof is the
 * {@link HeldLock.guard} in each write, and {@link HeldLock.verify} for those who do not write.
 */
export class HeldLock implements LockHandle {
  readonly directory: string;
  readonly child: string;
  readonly #zk: ZooKeeper;
  readonly #sleeper: Sleeper;
  readonly #sessionId: bigint;
  readonly #lost = new AbortController();
  readonly #states: Disposable;
  #countdown: AbortController | undefined;
  #released = false;

  /** @param sessionId the session that owns the child. */
  constructor(zk: ZooKeeper, directory: string, child: string, sessionId: bigint, sleeper: Sleeper) {
    this.directory = directory;
    this.child = child;
    this.#zk = zk;
    this.#sleeper = sleeper;
    this.#sessionId = sessionId;
    this.#states = zk.onState((state) => this.#onState(state));
    this.#onState(zk.state);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  get held(): boolean {
    return !this.#released && !this.#lost.signal.aborted;
  }

  guard(): MultiOp {
    return { op: 'check', path: this.child };
  }

  releaseOp(): MultiOp {
    return { op: 'delete', path: this.child };
  }

  released(): void {
    this.#released = true;
    this.#stopWatching();
  }

  /** @returns once the child is gone, or after twice the session timeout; then the deletion goes on by itself. */
  async release(): Promise<void> {
    if (this.#released) return;
    this.released();
    if (this.#zk.sessionId !== this.#sessionId) return;
    const deleted = deleteSurely(this.#zk, this.child);
    const patience = new AbortController();
    const limit = this.#sleeper.sleep(2 * this.#zk.sessionTimeoutMs, patience.signal);
    limit.catch(() => undefined);
    try {
      await Promise.race([deleted, limit]);
    } finally {
      patience.abort();
      deleted.catch(() => undefined);
    }
  }

  /** Asks the server whether the child is still there; if not, {@link HeldLock.signal} aborts. */
  async verify(signal?: AbortSignal): Promise<boolean> {
    if (!this.held) return false;
    const stat = await this.#zk.exists(this.child, signal === undefined ? {} : { signal });
    if (stat?.ephemeralOwner !== this.#sessionId) this.#lose('its child was deleted');
    return this.held;
  }

  #onState(state: SessionState): void {
    if (state === 'suspended') {
      this.#startCountdown();
      return;
    }
    this.#countdown?.abort();
    this.#countdown = undefined;
    if (state === 'expired' || state === 'closed') this.#lose(`the session is ${state}`);
    else if (this.#zk.sessionId !== this.#sessionId) this.#lose('the session was renewed');
  }

  /** By then the server may have ended the session without being able to tell us. */
  #startCountdown(): void {
    const countdown = new AbortController();
    this.#countdown = countdown;
    this.#sleeper.sleep(this.#zk.sessionTimeoutMs, countdown.signal).then(
      () => this.#giveUp(),
      () => undefined,
    );
  }

  /** Servers without a leader end no session: when it lives on, the child that nobody counts on must not. */
  #giveUp(): void {
    this.#lose('no connection for longer than the session timeout');
    deleteSurely(this.#zk, this.child).catch(() => undefined);
  }

  #lose(detail: string): void {
    this.#stopWatching();
    if (this.held) this.#lost.abort(new ZooKeeperError('ZK_LOCK_LOST', { path: this.directory, detail }));
  }

  #stopWatching(): void {
    this.#states[Symbol.dispose]();
    this.#countdown?.abort();
  }
}
