import type { ZooKeeper } from '@nodepool/zookeeper';
import { Listeners } from './caches/listeners.js';
import type { StoreSession } from './types.js';

/**
 * Watches over the session. After expiry everybody is told first, so that work under locks stops, and a new session is
 * started then, without waiting for anybody.
 */
export function openSession(zk: ZooKeeper): StoreSession {
  const listeners = new Listeners<StoreSession['state']>();
  zk.onState((state) => {
    listeners.tell(state);
    if (state !== 'expired') return;
    // Later: listeners of the client itself have not all been told yet.
    queueMicrotask(() => {
      if (zk.state === 'expired') zk.renew();
    });
  });
  return {
    get state() {
      return zk.state;
    },
    get waiting() {
      return zk.waiting ?? 0;
    },
    onState: (listener) => listeners.add(listener),
    connected: (signal) => reconnected(zk, signal),
  };
}

/** Waits through an expiry as well: the next session is on its way. */
export async function reconnected(zk: ZooKeeper, signal: AbortSignal | undefined): Promise<void> {
  while (zk.state !== 'connected') {
    try {
      await zk.connected(signal);
    } catch (error) {
      if (signal?.aborted === true || zk.state === 'closed') throw error;
      await Promise.resolve();
    }
  }
}
