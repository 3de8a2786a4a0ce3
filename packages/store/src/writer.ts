import {
  type CreateMode,
  isWithin,
  isZooKeeperError,
  type MultiOp,
  type MultiResult,
  type OwnPath,
  type Stat,
  type TreeCache,
  type ZooKeeper,
} from '@nodepool/zookeeper';

/** Writes to ZooKeeper, and shows them to the open caches before the writer goes on. */
export class Writer {
  readonly zk: ZooKeeper;
  /** By the root that a cache keeps. */
  readonly #caches = new Map<TreeCache, string>();

  constructor(zk: ZooKeeper) {
    this.zk = zk;
  }

  /** From now on `cache` learns of our writes at once, not when their events have been followed up. */
  attach(cache: TreeCache, root: string): Disposable {
    this.#caches.set(cache, root);
    return { [Symbol.dispose]: () => void this.#caches.delete(cache) };
  }

  multi(ops: readonly MultiOp[], signal?: AbortSignal): Promise<readonly MultiResult[]> {
    return this.#through(ops, () => this.zk.multi(ops, signal === undefined ? {} : { signal }));
  }

  /** Creates a child of `directory`, and `directory` with its parents when it is missing. */
  async createIn(
    directory: string,
    name: string,
    data: Uint8Array,
    mode: CreateMode = 'persistent',
  ): Promise<{ readonly path: string; readonly stat: Stat }> {
    const op: MultiOp = { op: 'create', path: `${directory}/${name}`, data, mode };
    const create = async (): Promise<readonly MultiResult[]> => {
      const { path, stat } = await this.zk.create(op.path, data, { mode });
      return [{ op: 'create', path, stat }];
    };
    try {
      return created(await this.#through([op], create));
    } catch (error) {
      if (!isZooKeeperError(error, 'ZK_NO_NODE')) throw error;
      await this.zk.ensurePath(directory);
      return created(await this.#through([op], create));
    }
  }

  #through(ops: readonly MultiOp[], operation: () => Promise<readonly MultiResult[]>): Promise<readonly MultiResult[]> {
    let run = operation;
    for (const [cache, root] of this.#caches) {
      const concerned = ops.filter(({ path }) => isWithin(root, path));
      if (concerned.length > 0) run = writeThrough(cache, root, ops, run);
    }
    return run();
  }
}

function writeThrough(
  cache: TreeCache,
  root: string,
  ops: readonly MultiOp[],
  operation: () => Promise<readonly MultiResult[]>,
): () => Promise<readonly MultiResult[]> {
  // What a later operation of the same multi deletes was never there to be seen.
  const deleted = new Set(ops.filter(({ op }) => op === 'delete').map(({ path }) => path));
  const shown = ops.map(({ op, path }) => (op === 'create' || op === 'set') && isWithin(root, path));
  const paths = ops.filter((_, index) => shown[index]).map(ownPath);
  return () =>
    cache.own(paths, async () => {
      const results = await operation();
      for (const [index, op] of ops.entries()) {
        const result = results[index];
        if (result !== undefined && shown[index] && !deleted.has(op.path)) apply(cache, op, result);
      }
      for (const path of deleted) if (isWithin(root, path)) cache.applyDelete(path);
      return results;
    });
}

function ownPath(op: MultiOp): OwnPath {
  const sequential = op.op === 'create' && op.mode?.endsWith('-sequential') === true;
  return sequential ? { sequential: op.path } : op.path;
}

function apply(cache: TreeCache, op: MultiOp, result: MultiResult): void {
  if (op.op === 'create' && result.op === 'create') cache.applyCreate(result.path, buffer(op.data), result.stat);
  else if (op.op === 'set' && result.op === 'set') cache.applySet(op.path, buffer(op.data), result.stat);
}

function buffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

function created(results: readonly MultiResult[]): { readonly path: string; readonly stat: Stat } {
  const [result] = results;
  if (result?.op !== 'create') throw new TypeError('a create was answered with something else');
  return result;
}
