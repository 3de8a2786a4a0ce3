import { type Clock, type Random, silentLogger, systemRandom } from '@nodepool/runtime';
import { createMemoryEnsemble, type MemoryEnsemble, type MemorySession } from '@nodepool/zookeeper/memory';
import { openStore } from '../store.js';
import type { Store } from '../types.js';

export interface MemoryStore {
  readonly store: Store;
  /** The session of the store, with its controls: `suspend`, `resume`, `expire`, `failNext`. */
  readonly zk: MemorySession;
  /** `connect` gives another session on the same tree: another launcher, Zuul, an operator. */
  readonly ensemble: MemoryEnsemble;
}

/** The real store on a tree in memory, for unit tests. */
export function openMemoryStore(options: {
  readonly clock: Clock;
  readonly random?: Random;
  /** Shares the tree of another store. */
  readonly ensemble?: MemoryEnsemble;
}): MemoryStore {
  const { clock } = options;
  const ensemble = options.ensemble ?? createMemoryEnsemble({ now: () => clock.now() });
  const zk = ensemble.connect();
  const store = openStore({
    zk,
    clock,
    random: options.random ?? systemRandom,
    log: silentLogger,
    identifier: 'memory',
  });
  return { store, zk, ensemble };
}
