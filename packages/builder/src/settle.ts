import { errorCode, type RetryPolicy, retry } from '@nodepool/runtime';
import type { Stored } from '@nodepool/store';
import type { BuilderContext } from './context.js';

/** The write that ends hours of work: worth waiting for a connection. */
export interface Settlement<R extends { readonly state: string }> {
  readonly seen: Stored<R>;
  /** State in which the record still is ours to end. */
  readonly from: R['state'];
  readonly to: R['state'];
  write(seen: Stored<R>): Promise<Stored<R>>;
  read(): Promise<Stored<R> | undefined>;
}

const policy: RetryPolicy = { initialMs: 250, factor: 2, maxMs: 10_000, attempts: 100, jitter: 0.2 };
const finalCodes: ReadonlySet<string | undefined> = new Set([
  'NP_LOCK_LOST',
  'NP_RECORD_GONE',
  'NP_RECORD_UNREADABLE',
  'NP_UPLOAD_UNWANTED',
]);

/**
 * Writes the end of a build or upload.
 *
 * @returns false when that is no longer ours to say: the lock is lost, or the record is gone or in another state.
 * @throws the signal's reason, or the last error when ZooKeeper stays away for too long.
 */
export async function settle<R extends { readonly state: string }>(
  settlement: Settlement<R>,
  { store, clock, random }: BuilderContext,
  signal: AbortSignal,
): Promise<boolean> {
  let { seen } = settlement;
  const attempt = async (): Promise<boolean> => {
    await store.session.connected(signal);
    try {
      await settlement.write(seen);
      return true;
    } catch (error) {
      if (errorCode(error) !== 'NP_CONFLICT') throw error;
      const fresh = await settlement.read();
      if (fresh === undefined) return false;
      // An answer that was lost on its way looks like a conflict.
      if (fresh.record.state !== settlement.from) return fresh.record.state === settlement.to;
      seen = fresh;
      throw error;
    }
  };
  try {
    return await retry(attempt, policy, (error) => (finalCodes.has(errorCode(error)) ? undefined : 0), {
      clock,
      random,
      signal,
    });
  } catch (error) {
    if (finalCodes.has(errorCode(error))) return false;
    throw error;
  }
}
