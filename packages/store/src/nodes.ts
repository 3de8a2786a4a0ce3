import type { NewNode, Node } from '@nodepool/model';
import { nowSec } from '@nodepool/runtime';
import {
  type HeldLock,
  isZooKeeperError,
  lock,
  type MultiOp,
  newLockOps,
  type ReadResult,
  type Stat,
  tryLock,
} from '@nodepool/zookeeper';
import { nodeCodec } from './codec/node.js';
import { isUnreadable, type Snapshot } from './codec/record.js';
import { StoreError } from './errors.js';
import { type StatedNode, StoreHeldNode } from './held-node.js';
import { HeldRecord } from './held-record.js';
import { commit, throughLosses } from './losses.js';
import { recoverNewLock } from './new-lock.js';
import { lockOptions, type RecordStoreOptions } from './options.js';
import { baseName, isZnodeName, nodeLockPath, nodePath, roots } from './paths.js';
import { childNames, ifPresent, mapBounded, read, readAll, readLocked, readRecord } from './records.js';
import type { CachedNode, HeldNode, NodeStore, UnreadableRecord } from './types.js';

interface CreatedNode {
  readonly path: string;
  readonly stat: Stat;
}

/** How many of the newest nodes are searched for one of ours after a cut. */
const adoptable = 256;

/** How often a node is made anew because somebody took the lock of the one before. */
const creations = 3;

export function openNodeStore(options: RecordStoreOptions): NodeStore {
  return new ZooKeeperNodes(options);
}

class ZooKeeperNodes implements NodeStore {
  readonly #options: RecordStoreOptions;

  constructor(options: RecordStoreOptions) {
    this.#options = options;
  }

  async create(node: NewNode, signal?: AbortSignal): Promise<HeldNode> {
    const now = nowSec(this.#options.clock);
    const stated: StatedNode = { ...node, state: 'init', stateTimeSec: now, createdTimeSec: now };
    for (let creation = 1; creation <= creations; creation += 1) {
      signal?.throwIfAborted();
      const created = await this.#createInit(stated, signal);
      const held = await this.#startBuilding(created, stated);
      if (held !== undefined) return held;
    }
    throw new StoreError('NP_CONFLICT', 'creating a node');
  }

  async get(id: string): ReturnType<NodeStore['get']> {
    return isZnodeName(id) ? readRecord(this.#options.writer.zk, nodeCodec, nodePath(id)) : undefined;
  }

  async list(): ReturnType<NodeStore['list']> {
    const { zk } = this.#options.writer;
    const ids = await childNames(zk, roots.nodes);
    const answers = await readAll(
      zk,
      ids.flatMap((id) => [nodePath(id), nodeLockPath(id)]),
    );
    const nodes: CachedNode[] = [];
    const unreadable: UnreadableRecord[] = [];
    for (const [index, id] of ids.entries()) {
      const node = answers[2 * index];
      const found = node && nodeCodec.decode(nodePath(id), node.data, node.stat);
      if (found === undefined) continue;
      if (isUnreadable(found)) unreadable.push(found);
      else nodes.push(asCached(found, answers[2 * index + 1]));
    }
    nodes.sort((left, right) => (left.record.id < right.record.id ? -1 : 1));
    return { nodes, unreadable };
  }

  async lock(id: string, { waitMs = 0, signal }: Parameters<NodeStore['lock']>[1] = {}): Promise<HeldNode | undefined> {
    if (!isZnodeName(id)) return undefined;
    const handle = await this.#lockDirectory(nodeLockPath(id), waitMs, signal);
    if (handle === undefined) return undefined;
    const found = await readLocked(this.#options.writer.zk, nodeCodec, nodePath(id), handle);
    return found && this.#hold(found, handle);
  }

  async isLocked(id: string): Promise<boolean> {
    if (!isZnodeName(id)) return false;
    const { zk } = this.#options.writer;
    return ((await throughLosses(zk, () => zk.exists(nodeLockPath(id))))?.numChildren ?? 0) > 0;
  }

  async removeUnlocked(id: string): Promise<void> {
    if (isZnodeName(id)) await this.#options.writer.zk.deleteRecursive(nodePath(id));
  }

  /**
   * Makes the znode. When the connection is cut under the request, a node that looks exactly like the one wanted is
   * taken over if nobody has touched it: which of two equal requests made it does not matter, its lock decides.
   */
  async #createInit(stated: StatedNode, signal: AbortSignal | undefined): Promise<CreatedNode> {
    const { writer } = this.#options;
    const data = nodeCodec.encodeNew(stated);
    let lost = false;
    return throughLosses(
      writer.zk,
      async () => {
        const adopted = lost ? await this.#findUntouched(data) : undefined;
        lost = true;
        return adopted ?? (await writer.createIn(roots.nodes, '', data, 'persistent-sequential'));
      },
      signal,
    );
  }

  async #findUntouched(data: Buffer): Promise<CreatedNode | undefined> {
    const { zk } = this.#options.writer;
    await zk.sync(roots.nodes);
    const names = await childNames(zk, roots.nodes);
    const found = await mapBounded(names.slice(-adoptable), async (name) => {
      const path = nodePath(name);
      const read = await ifPresent(zk.get(path));
      const untouched = read?.stat.version === 0 && read.stat.numChildren === 0 && read.data.equals(data);
      return untouched ? { path, stat: read.stat } : undefined;
    });
    return found.find((candidate) => candidate !== undefined);
  }

  /** Takes the lock and sets `building` in one step; undefined when somebody was there before us. */
  async #startBuilding({ path, stat }: CreatedNode, stated: StatedNode): Promise<HeldNode | undefined> {
    const { writer, clock } = this.#options;
    const directory = nodeLockPath(baseName(path));
    const data = nodeCodec.encodeNew({ ...stated, state: 'building', stateTimeSec: nowSec(clock) });
    const locking = newLockOps(writer.zk, directory, lockOptions(this.#options));
    const ops: readonly MultiOp[] = [...locking.ops, { op: 'set', path, data, version: stat.version }];
    try {
      const results = await commit(writer.zk, (all) => writer.multi(all), ops, {
        recover: () => recoverNewLock(writer.zk, directory, ops),
      });
      const handle = locking.handle(results);
      const set = results.at(-1);
      const snapshot =
        set?.op === 'set' ? nodeCodec.decode(path, data, set.stat) : await read(writer.zk, nodeCodec, path);
      if (snapshot !== undefined && !isUnreadable(snapshot)) return this.#hold(snapshot, handle);
      await handle.release();
      return undefined;
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NODE_EXISTS', 'ZK_NO_NODE', 'ZK_BAD_VERSION')) return undefined;
      throw error;
    }
  }

  #lockDirectory(directory: string, waitMs: number, signal?: AbortSignal): Promise<HeldLock | undefined> {
    const { writer } = this.#options;
    // Only `lock` itself may be made: a node that is gone must not come back as an empty znode.
    const options = { ...lockOptions(this.#options), ensure: 'last', ...(signal && { signal }) } as const;
    if (waitMs === 0) return tryLock(writer.zk, directory, options);
    return lock(writer.zk, directory, { ...options, timeoutMs: waitMs });
  }

  #hold(snapshot: Snapshot<HeldNode['node']>, handle: HeldLock): HeldNode {
    const { writer, clock } = this.#options;
    const { id } = snapshot.record;
    const path = nodePath(id);
    const held = new HeldRecord({ writer, clock, codec: nodeCodec, path, lock: handle, snapshot, name: `node ${id}` });
    return new StoreHeldNode(id, held, writer);
  }
}

function asCached({ record, version, ctimeMs, mtimeMs }: Snapshot<Node>, lock: ReadResult | undefined): CachedNode {
  return { record, version, ctimeMs, mtimeMs, locked: (lock?.stat.numChildren ?? 0) > 0 };
}
