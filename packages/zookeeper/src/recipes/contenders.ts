import { isZooKeeperError } from '../errors.js';
import { joinPath } from '../paths.js';
import type { CallOptions, ZooKeeper } from '../types.js';
import { lowestNumbered, sortedContenders } from './lock-names.js';

/** One who holds a lock or waits for it. */
export interface LockContender {
  readonly name: string;
  /** Who it is, by its own words; often empty. */
  readonly data: Buffer;
}

/** Who holds the lock, first, and who waits, in order. Nobody when the directory does not exist; it is not made. */
export async function contenders(
  zk: ZooKeeper,
  directory: string,
  options: CallOptions = {},
): Promise<readonly LockContender[]> {
  const names = sortedContenders(await childrenIfAny(zk, directory, options));
  const read = names.map(async (name): Promise<LockContender[]> => {
    try {
      return [{ name, data: (await zk.get(joinPath(directory, name), options)).data }];
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NO_NODE')) return [];
      throw error;
    }
  });
  return (await Promise.all(read)).flat();
}

/**
 * Takes the lock away from whoever holds it, even from a child that no session owns.
 *
 * @returns false when nobody held it.
 */
export async function forceUnlock(zk: ZooKeeper, directory: string, options: CallOptions = {}): Promise<boolean> {
  const holder = lowestNumbered(await childrenIfAny(zk, directory, options));
  if (holder === undefined) return false;
  try {
    await zk.delete(joinPath(directory, holder), -1, options);
    return true;
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return false;
    throw error;
  }
}

async function childrenIfAny(zk: ZooKeeper, path: string, options: CallOptions): Promise<readonly string[]> {
  try {
    return (await zk.children(path, options)).children;
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return [];
    throw error;
  }
}
