import type { ZooKeeper } from '@nodepool/zookeeper';
import { StoreError } from './errors.js';
import { throughLosses } from './losses.js';
import { treeRoot } from './paths.js';

/**
 * What tells a tree from every other: when its root was made, by clock and by transaction. It needs no znode of its own,
 * is the same for everybody, and is another one once ZooKeeper has lost everything.
 *
 * @throws NP_RECORD_GONE while there is no tree.
 */
export async function readTreeId(zk: ZooKeeper): Promise<string> {
  const root = await throughLosses(zk, () => zk.exists(treeRoot));
  if (root === undefined) throw new StoreError('NP_RECORD_GONE', `looking for ${treeRoot}`);
  return `${root.ctimeMs.toString(16)}-${root.czxid.toString(16)}`;
}
