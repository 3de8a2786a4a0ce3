import type { MultiOp } from './types.js';

/** A lock that is held. Writes under it carry {@link guard}, so that a lock which was lost can do no harm. */
export interface LockHandle {
  /** Path of the lock directory. */
  readonly directory: string;
  /** Path of our own child in it. */
  readonly child: string;
  /** Aborts, with a `ZK_LOCK_LOST` error, when the lock can no longer be proved: session expired, child deleted by force. */
  readonly signal: AbortSignal;
  readonly held: boolean;
  /** Put it into a multi: the multi fails when the lock is gone. */
  guard(): MultiOp;
  /**
   * Put it into a multi as the last use of the lock, and call {@link LockHandle.released} when the multi has succeeded.
   */
  releaseOp(): MultiOp;
  /** The child was deleted by a multi of ours. */
  released(): void;
  /** Deletes the child; a lock that is gone already is fine. Waits out a suspension. */
  release(): Promise<void>;
}
