import { type HeldLock, isZooKeeperError, type ReadResult, type ZooKeeper } from '@nodepool/zookeeper';
import { type Codec, isUnreadable, type Snapshot } from './codec/record.js';
import { StoreError } from './errors.js';
import { throughLosses } from './losses.js';
import { lockName } from './paths.js';
import type { UnreadableRecord } from './types.js';

/** Reads that one listing keeps under way at once: enough to hide the round trip, little enough to stay polite. */
const readsAtOnce = 256;
const questionsAtOnce = 8;

/** Znodes that one question of a listing asks for: as many as one answer may hold when all are large. */
const znodesAQuestion = 32;

/** Names of the children, without `lock`, sorted; none when the parent is missing. */
export async function childNames(zk: ZooKeeper, path: string): Promise<readonly string[]> {
  const found = await ifPresent(throughLosses(zk, () => zk.children(path)));
  return (found?.children ?? []).filter((name) => name !== lockName).sort();
}

/** Undefined instead of an error for a znode that does not exist. */
export async function ifPresent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return undefined;
    throw error;
  }
}

/** Reads a znode as a record; undefined when it does not exist. */
export async function read<T, S extends object>(
  zk: ZooKeeper,
  codec: Codec<T, S>,
  path: string,
  signal?: AbortSignal,
): Promise<Snapshot<T> | UnreadableRecord | undefined> {
  const options = signal === undefined ? {} : { signal };
  const found = await ifPresent(throughLosses(zk, () => zk.get(path, options), signal));
  return found === undefined ? undefined : codec.decode(path, found.data, found.stat);
}

/** What several znodes hold, in the order of `paths`; undefined for those that do not exist. */
export async function readAll(zk: ZooKeeper, paths: readonly string[]): Promise<readonly (ReadResult | undefined)[]> {
  const questions: (readonly string[])[] = [];
  for (let from = 0; from < paths.length; from += znodesAQuestion) {
    questions.push(paths.slice(from, from + znodesAQuestion));
  }
  const answers = await mapBounded(questions, (some) => throughLosses(zk, () => zk.getMany(some)), questionsAtOnce);
  return answers.flat().map((answer) => {
    if (answer instanceof Error) throw answer;
    return answer;
  });
}

/** As {@link read}; throws `NP_RECORD_UNREADABLE` instead of telling what is there. */
export async function readRecord<T, S extends object>(
  zk: ZooKeeper,
  codec: Codec<T, S>,
  path: string,
): Promise<Snapshot<T> | undefined> {
  const found = await read(zk, codec, path);
  if (found === undefined || !isUnreadable(found)) return found;
  throw new StoreError('NP_RECORD_UNREADABLE', `reading ${path} (${found.reason})`);
}

/** The record as it is now that `handle` is held; without a readable one undefined, and the lock is given back. */
export async function readLocked<T, S extends object>(
  zk: ZooKeeper,
  codec: Codec<T, S>,
  path: string,
  handle: HeldLock,
): Promise<Snapshot<T> | undefined> {
  try {
    const found = await read(zk, codec, path, handle.signal);
    if (found !== undefined && !isUnreadable(found)) return found;
  } catch (error) {
    await handle.release();
    throw error;
  }
  await handle.release();
  return undefined;
}

/** Maps with a bounded number of calls under way; results in the order of `items`. The first failure starts no more. */
export async function mapBounded<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  atOnce: number = readsAtOnce,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      results[index] = await work(item);
    }
  };
  const lanes = Array.from({ length: Math.min(atOnce, items.length) }, lane);
  try {
    await Promise.all(lanes);
  } catch (error) {
    failed = true;
    throw error;
  }
  return results;
}
