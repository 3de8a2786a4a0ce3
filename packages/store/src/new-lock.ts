import type { MultiOp, MultiResult, ZooKeeper } from '@nodepool/zookeeper';
import { baseName } from './paths.js';
import { ifPresent } from './records.js';

/**
 * Looks, after a cut, whether a multi that begins by making a lock directory and our child in it was carried out:
 * then our child is there.
 *
 * @returns results for the operations on the lock; the caller reads the record again.
 */
export async function recoverNewLock(
  zk: ZooKeeper,
  directory: string,
  ops: readonly MultiOp[],
): Promise<readonly MultiResult[] | undefined> {
  const child = ops.find((op) => op.op === 'create' && op.path.startsWith(`${directory}/`));
  const listed = child === undefined ? undefined : await ifPresent(zk.children(directory));
  const name = listed?.children.find((candidate) => candidate.startsWith(baseName(child?.path ?? '')));
  const stat = name === undefined ? undefined : await zk.exists(`${directory}/${name}`);
  if (listed === undefined || stat === undefined) return undefined;
  return ops.map((op): MultiResult => {
    if (op.op !== 'create') return { op: 'check' };
    return op === child
      ? { op: 'create', path: `${directory}/${name}`, stat }
      : { op: 'create', path: op.path, stat: listed.stat };
  });
}
