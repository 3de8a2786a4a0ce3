import { isZooKeeperError, type MultiOp, type MultiResult, type ZooKeeper } from '@nodepool/zookeeper';

/**
 * Tries when the connection is cut under a request. Each needs a reconnect in between, so none is a busy loop; the
 * bound is for a request that itself makes the server hang up, such as one that is too large.
 */
const attempts = 6;

/**
 * Makes a request that may be repeated, again after each cut of the connection.
 *
 * @throws what the request throws, or the signal's reason.
 */
export async function throughLosses<T>(zk: ZooKeeper, request: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await request();
    } catch (error) {
      if (attempt >= attempts || !isZooKeeperError(error, 'ZK_CONNECTION_LOSS')) throw error;
      await zk.connected(signal);
    }
  }
}

export interface CommitOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Finds out, after a cut, whether the multi was carried out, and then says what its results were. Called on a
   * connection that has caught up with the leader.
   */
  recover(): Promise<readonly MultiResult[] | undefined>;
}

/**
 * Carries out `ops` exactly once, through cuts of the connection: after each the outcome is looked up, and the multi is
 * repeated when it did not happen. Its operations must be conditional, so that a late first try cannot do harm.
 *
 * @param multi the request; bound to the caches that must see the change.
 * @throws ZooKeeperError of the operation that failed, or the signal's reason.
 */
export async function commit(
  zk: ZooKeeper,
  multi: (ops: readonly MultiOp[]) => Promise<readonly MultiResult[]>,
  ops: readonly MultiOp[],
  { signal, recover }: CommitOptions,
): Promise<readonly MultiResult[]> {
  let lost = false;
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    try {
      return await multi(ops);
    } catch (error) {
      const cut = isZooKeeperError(error, 'ZK_CONNECTION_LOSS');
      lost ||= cut;
      // An error after a cut may come from our own first try, which was carried out late.
      const results = lost ? await lookUp(zk, recover, signal) : undefined;
      if (results !== undefined) return results;
      if (!cut || attempt >= attempts) throw error;
    }
  }
}

async function lookUp(
  zk: ZooKeeper,
  recover: CommitOptions['recover'],
  signal: AbortSignal | undefined,
): Promise<readonly MultiResult[] | undefined> {
  await zk.connected(signal);
  return throughLosses(
    zk,
    async () => {
      await zk.sync('/');
      return recover();
    },
    signal,
  );
}
