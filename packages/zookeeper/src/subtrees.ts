import { isZooKeeperError, ZooKeeperError } from './errors.js';
import { joinPath, parentPath } from './paths.js';
import type { CallOptions, ZooKeeper } from './types.js';

const noData = Buffer.alloc(0);
const deleteRounds = 20;
const listsAtOnce = 256;

/**
 * Creates `path` and its parents where missing. One round trip when it is there already, else two: requests are
 * carried out in order, so that all creates are sent together.
 */
export async function ensurePath(zk: ZooKeeper, path: string, options: CallOptions = {}): Promise<void> {
  if (path === '/' || (await zk.exists(path, options)) !== undefined) return;
  await createAll(pathsDownTo(path), (each) => zk.create(each, noData, options));
}

/** The znodes on the way from the root to `path`, which is the last. */
export function pathsDownTo(path: string): string[] {
  const paths: string[] = [];
  for (let each = path; each !== '/'; each = parentPath(each)) paths.unshift(each);
  return paths;
}

/** Creates what is missing of `paths`, parents first. */
export async function createAll(paths: readonly string[], create: (path: string) => Promise<unknown>): Promise<void> {
  const outcomes = await Promise.allSettled(paths.map(create));
  const last = outcomes.at(-1);
  // A parent that is there, or that we may not create, is for the last create to judge.
  if (last?.status === 'rejected' && !isZooKeeperError(last.reason, 'ZK_NODE_EXISTS')) throw last.reason;
}

/**
 * Deletes a subtree, children first. Not atomic: what others create meanwhile is deleted in another round.
 *
 * @throws ZooKeeperError `ZK_NOT_EMPTY` when others keep creating.
 */
export async function deleteRecursive(zk: ZooKeeper, path: string, options: CallOptions = {}): Promise<void> {
  for (let round = 0; round < deleteRounds; round += 1) {
    const paths = await listSubtree(zk, path, options);
    if (paths.length === 0) return;
    // In order, deepest first, without waiting in between.
    const outcomes = await Promise.allSettled(paths.reverse().map((each) => zk.delete(each, -1, options)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const real = failures.filter((error) => !isZooKeeperError(error, 'ZK_NO_NODE'));
    if (real.length === 0) return;
    for (const error of real) if (!isZooKeeperError(error, 'ZK_NOT_EMPTY')) throw error;
  }
  throw new ZooKeeperError('ZK_NOT_EMPTY', { path, detail: 'others keep creating znodes there' });
}

/** `path` and all beneath, parents before children. */
async function listSubtree(zk: ZooKeeper, path: string, options: CallOptions): Promise<string[]> {
  const found: string[] = [];
  let level = [path];
  while (level.length > 0) {
    const next: string[] = [];
    for (let start = 0; start < level.length; start += listsAtOnce) {
      const batch = level.slice(start, start + listsAtOnce);
      const lists = await Promise.all(batch.map((each) => childrenIfAny(zk, each, options)));
      for (const [index, children] of lists.entries()) {
        const parent = batch[index];
        if (parent === undefined || children === undefined) continue;
        found.push(parent);
        for (const name of children) next.push(joinPath(parent, name));
      }
    }
    level = next;
  }
  return found;
}

async function childrenIfAny(
  zk: ZooKeeper,
  path: string,
  options: CallOptions,
): Promise<readonly string[] | undefined> {
  try {
    return (await zk.children(path, options)).children;
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return undefined;
    throw error;
  }
}
