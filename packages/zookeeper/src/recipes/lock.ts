import { isZooKeeperError } from '../errors.js';
import { joinPath } from '../paths.js';
import { type Sleeper, systemTimers } from '../timers.js';
import type { MultiOp, MultiResult, ZooKeeper } from '../types.js';
import { Contender, type ContenderOptions, type Ensure, type Entry } from './contender.js';
import { HeldLock } from './held-lock.js';
import { predecessor } from './lock-names.js';
import { deleteSurely } from './waiting.js';

export interface TryLockOptions extends ContenderOptions {
  readonly ensure: Ensure;
  readonly sleeper?: Sleeper;
}

export interface LockOptions extends TryLockOptions {
  /** How long to wait for others, in all; without limit when absent. */
  readonly timeoutMs?: number;
}

/** What a multi needs to make a lock directory and take its lock in one step. */
export interface NewLock {
  /** Fail with `ZK_NODE_EXISTS` when the directory exists: then use {@link tryLock}. */
  readonly ops: readonly [MultiOp, MultiOp];
  /** @param results of the multi that held `ops`, all of them or a part. */
  handle(results: readonly MultiResult[]): HeldLock;
}

/**
 * Takes the lock if nobody has it. One round trip when the directory exists.
 *
 * @returns undefined when another holds it, or when its parent does not exist (`last` only).
 * @throws ZooKeeperError; what aborted `options.signal`.
 */
export async function tryLock(
  zk: ZooKeeper,
  directory: string,
  options: TryLockOptions,
): Promise<HeldLock | undefined> {
  const contender = new Contender(zk, directory, options);
  try {
    for (;;) {
      const entry = await contender.enter(options.ensure);
      if (entry === undefined) return undefined;
      const place = predecessor(entry.names, entry.name);
      if (place === 'missing') continue;
      if (place.ahead === undefined) return hold(zk, directory, entry, options.sleeper);
      await deleteSurely(zk, joinPath(directory, entry.name));
      return undefined;
    }
  } catch (error) {
    void withdrawLater(contender);
    options.signal?.throwIfAborted();
    throw error;
  }
}

/**
 * Waits for the lock. Contenders get it in the order in which they came.
 *
 * @returns undefined when time is up, or when the parent of the directory does not exist (`last` only).
 * @throws ZooKeeperError, `ZK_SESSION_EXPIRED` among them; what aborted `options.signal`.
 */
export async function lock(zk: ZooKeeper, directory: string, options: LockOptions): Promise<HeldLock | undefined> {
  const sleeper = options.sleeper ?? systemTimers;
  const settled = new AbortController();
  const timeUp = new AbortController();
  if (options.timeoutMs !== undefined) {
    sleeper.sleep(options.timeoutMs, settled.signal).then(
      () => timeUp.abort(),
      () => undefined,
    );
  }
  const signal = AbortSignal.any([timeUp.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const contender = new Contender(zk, directory, { ...options, signal });
  try {
    return await contend(zk, directory, contender, { ...options, signal });
  } catch (error) {
    const withdrawn = withdrawLater(contender);
    options.signal?.throwIfAborted();
    if (!timeUp.signal.aborted) throw error;
    // Who comes after us shall not see us wait any more, unless there is no connection to say so.
    if (zk.state === 'connected') await withdrawn;
    return undefined;
  } finally {
    settled.abort();
  }
}

/** The fast way into a lock directory that should not exist yet, as part of the caller's own multi. */
export function newLockOps(
  zk: ZooKeeper,
  directory: string,
  options: Omit<ContenderOptions, 'signal'> & { readonly sleeper?: Sleeper },
): NewLock {
  const contender = new Contender(zk, directory, options);
  return {
    ops: contender.createOps(),
    handle: (results) => {
      const { path, sessionId } = contender.created(results);
      return new HeldLock(zk, directory, path, sessionId, options.sleeper ?? systemTimers);
    },
  };
}

async function contend(
  zk: ZooKeeper,
  directory: string,
  contender: Contender,
  options: LockOptions & { readonly signal: AbortSignal },
): Promise<HeldLock | undefined> {
  for (;;) {
    const entry = await contender.enter(options.ensure);
    if (entry === undefined) return undefined;
    let { names } = entry;
    for (;;) {
      const place = predecessor(names, entry.name);
      // Our child was deleted by force: queue up again.
      if (place === 'missing') break;
      if (place.ahead === undefined) return hold(zk, directory, entry, options.sleeper);
      await untilGone(zk, joinPath(directory, place.ahead), options.signal);
      names = await contender.list();
    }
  }
}

/** Waits until the znode is gone or changed, or until there is reason to look again: the connection was cut. */
async function untilGone(zk: ZooKeeper, path: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  const done = new AbortController();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  using _states = zk.onState((state) => {
    if (state !== 'suspended') resolve();
  });
  try {
    await zk.get(path, { watch: () => resolve(), signal: AbortSignal.any([signal, done.signal]) });
    await promise;
  } catch (error) {
    signal.throwIfAborted();
    if (isZooKeeperError(error, 'ZK_CONNECTION_LOSS')) await zk.connected(signal);
    else if (!isZooKeeperError(error, 'ZK_NO_NODE')) throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    done.abort();
  }
}

function hold(zk: ZooKeeper, directory: string, entry: Entry, sleeper: Sleeper = systemTimers): HeldLock {
  return new HeldLock(zk, directory, joinPath(directory, entry.name), entry.sessionId, sleeper);
}

/** After a failure there is nobody to tell of another: the end of the session is the last resort. */
function withdrawLater(contender: Contender): Promise<void> {
  return contender.withdraw().catch(() => undefined);
}
