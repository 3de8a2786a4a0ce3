import type { Node } from '@nodepool/model';
import { errorCode } from '@nodepool/runtime';
import { isZooKeeperError, type MultiOp } from '@nodepool/zookeeper';
import type { HeldRecord } from './held-record.js';
import { nodeLockPath, nodePath } from './paths.js';
import type { HeldNode, NodeChange } from './types.js';
import type { Writer } from './writer.js';

/** A node as it is stored: the id is the name of the znode. */
export type StatedNode = Omit<Node, 'id'>;

export class StoreHeldNode implements HeldNode {
  readonly id: string;
  /** For the multi that ends a request. */
  readonly held: HeldRecord<Node, StatedNode>;
  readonly #writer: Writer;

  constructor(id: string, held: HeldRecord<Node, StatedNode>, writer: Writer) {
    this.id = id;
    this.held = held;
    this.#writer = writer;
  }

  get node(): Node {
    return this.held.record;
  }

  get signal(): AbortSignal {
    return this.held.lock.signal;
  }

  update(change: NodeChange): Promise<Node> {
    return this.held.update(change);
  }

  updateAndRelease(change: NodeChange): Promise<void> {
    return this.held.updateAndRelease(change);
  }

  release(): Promise<void> {
    return this.held.release();
  }

  async remove(): Promise<void> {
    const { held } = this;
    try {
      await held.persist(() => ({
        ops: this.#removal(),
        recover: async () => ((await this.#writer.zk.exists(held.path)) === undefined ? [] : undefined),
        settle: () => held.lock.released(),
      }));
    } catch (error) {
      if (errorCode(error) === 'NP_RECORD_GONE') await held.release();
      else if (isZooKeeperError(error, 'ZK_NOT_EMPTY')) await this.#removeBesideContenders();
      else throw error;
    }
  }

  #removal(): readonly MultiOp[] {
    const { held } = this;
    const tombstone = held.setOp(held.encode({ state: 'deleted' }));
    return [
      tombstone,
      held.lock.releaseOp(),
      { op: 'delete', path: nodeLockPath(this.id) },
      { op: 'delete', path: nodePath(this.id), version: held.snapshot.version + 1 },
    ];
  }

  /** Others wait for the lock: one of them may get it while the tree comes down, and must find the tombstone. */
  async #removeBesideContenders(): Promise<void> {
    await this.held.update({ state: 'deleted' });
    await this.#writer.zk.deleteRecursive(this.held.path);
    this.held.lock.released();
  }
}
