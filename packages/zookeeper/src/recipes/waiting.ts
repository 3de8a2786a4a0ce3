import { isZooKeeperError, ZooKeeperError } from '../errors.js';
import type { SessionState, ZooKeeper } from '../types.js';

/**
 * Resolves when the state is `connected`, if need be by a new session after an expiry.
 *
 * @throws what aborted `signal`, or `ZK_CLOSED`.
 */
export function connectedAgain(zk: ZooKeeper, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      subscription[Symbol.dispose]();
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => done(() => reject(signal?.reason));
    const check = (state: SessionState): void => {
      if (state === 'connected') done(resolve);
      else if (state === 'closed') done(() => reject(new ZooKeeperError('ZK_CLOSED')));
    };
    const subscription = zk.onState(check);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    else check(zk.state);
  });
}

/** Asks again, after a connection loss, what may be asked twice. */
export async function repeatable<T>(zk: ZooKeeper, signal: AbortSignal | undefined, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isZooKeeperError(error, 'ZK_CONNECTION_LOSS')) throw error;
      signal?.throwIfAborted();
      await zk.connected(signal);
    }
  }
}

/** Deletes a znode of ours for good: again after a cut, until it is done or the session is over and the znode with it. */
export async function deleteSurely(zk: ZooKeeper, path: string): Promise<void> {
  try {
    await repeatable(zk, undefined, () => zk.delete(path));
  } catch (error) {
    if (!isZooKeeperError(error, 'ZK_NO_NODE', 'ZK_SESSION_EXPIRED', 'ZK_CLOSED')) throw error;
  }
}
