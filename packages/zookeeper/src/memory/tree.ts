import { ZooKeeperError, type ZooKeeperErrorCode } from '../errors.js';
import { baseName, checkPath, parentPath } from '../paths.js';
import type { CreateMode, MultiOp, MultiResult, Stat, WatchEvent } from '../types.js';

interface Znode {
  data: Buffer;
  readonly children: Set<string>;
  /** Children ever created: the source of sequence numbers, as in the server. */
  creates: number;
  readonly owner: bigint;
  readonly czxid: bigint;
  readonly ctimeMs: number;
  mzxid: bigint;
  pzxid: bigint;
  mtimeMs: number;
  version: number;
}

/** Who makes a change, and when. */
interface Transaction {
  readonly zxid: bigint;
  readonly nowMs: number;
  readonly sessionId: bigint;
  readonly events: WatchEvent[];
  /** Takes back what was done so far, last change first. */
  readonly undo: (() => void)[];
}

export interface Applied {
  readonly results: readonly MultiResult[];
  /** In the order in which a server would send them. */
  readonly events: readonly WatchEvent[];
}

/** The znodes of one ensemble in memory, with the server's rules for versions, sequences and ephemerals. */
export class MemoryTree {
  readonly #znodes = new Map<string, Znode>();
  #zxid = 0n;

  constructor() {
    this.#znodes.set('/', newZnode(Buffer.alloc(0), 0n, 0n, 0));
  }

  stat(path: string): Stat | undefined {
    checkPath(path);
    const znode = this.#znodes.get(path);
    return znode === undefined ? undefined : toStat(znode);
  }

  /** @throws ZooKeeperError `ZK_NO_NODE`. */
  read(path: string): { readonly data: Buffer; readonly children: readonly string[]; readonly stat: Stat } {
    checkPath(path);
    const znode = this.#existing(path);
    return { data: Buffer.from(znode.data), children: [...znode.children], stat: toStat(znode) };
  }

  /**
   * All of `ops` or none, as one transaction.
   *
   * @throws ZooKeeperError of the first operation that failed, with its place in `failedOp`.
   */
  apply(ops: readonly MultiOp[], sessionId: bigint, nowMs: number): Applied {
    const transaction: Transaction = { zxid: this.#zxid + 1n, nowMs, sessionId, events: [], undo: [] };
    const results: MultiResult[] = [];
    for (const [index, op] of ops.entries()) {
      try {
        results.push(this.#applyOne(op, transaction));
      } catch (error) {
        for (const takeBack of transaction.undo.reverse()) takeBack();
        throw withPlace(error, index);
      }
    }
    this.#zxid = transaction.zxid;
    return { results, events: transaction.events };
  }

  /** Paths of the ephemerals that belong to a session. */
  ephemeralsOf(sessionId: bigint): readonly string[] {
    return [...this.#znodes].filter(([, znode]) => znode.owner === sessionId).map(([path]) => path);
  }

  #applyOne(op: MultiOp, transaction: Transaction): MultiResult {
    const { path } = op;
    checkPath(path, op.op === 'create' && isSequential(op.mode));
    if (op.op === 'create') return this.#create(path, op.data, op.mode ?? 'persistent', transaction);
    const znode = this.#existing(path);
    if (op.version !== undefined && op.version !== -1 && op.version !== znode.version) fail('ZK_BAD_VERSION', path);
    if (op.op === 'delete') return this.#delete(path, znode, transaction);
    if (op.op === 'set') return set(path, znode, op.data, transaction);
    return { op: 'check' };
  }

  #create(wanted: string, data: Uint8Array, mode: CreateMode, transaction: Transaction): MultiResult {
    const above = parentPath(wanted);
    const parent = this.#existing(above);
    const path = isSequential(mode) ? wanted + String(parent.creates).padStart(10, '0') : wanted;
    if (this.#znodes.has(path)) fail('ZK_NODE_EXISTS', path);
    if (parent.owner !== 0n) fail('ZK_NO_CHILDREN_FOR_EPHEMERALS', path);

    const owner = mode.startsWith('ephemeral') ? transaction.sessionId : 0n;
    const znode = newZnode(Buffer.from(data), owner, transaction.zxid, transaction.nowMs);
    const { pzxid } = parent;
    const name = baseName(path);
    this.#znodes.set(path, znode);
    parent.children.add(name);
    parent.creates += 1;
    parent.pzxid = transaction.zxid;
    transaction.undo.push(() => {
      this.#znodes.delete(path);
      parent.children.delete(name);
      parent.creates -= 1;
      parent.pzxid = pzxid;
    });
    transaction.events.push({ type: 'created', path }, { type: 'children-changed', path: above });
    return { op: 'create', path, stat: toStat(znode) };
  }

  #delete(path: string, znode: Znode, transaction: Transaction): MultiResult {
    if (path === '/') fail('ZK_BAD_ARGUMENTS', path);
    if (znode.children.size > 0) fail('ZK_NOT_EMPTY', path);
    const above = parentPath(path);
    const parent = this.#existing(above);
    const { pzxid } = parent;
    const name = baseName(path);
    this.#znodes.delete(path);
    parent.children.delete(name);
    parent.pzxid = transaction.zxid;
    transaction.undo.push(() => {
      this.#znodes.set(path, znode);
      parent.children.add(name);
      parent.pzxid = pzxid;
    });
    transaction.events.push({ type: 'deleted', path }, { type: 'children-changed', path: above });
    return { op: 'delete' };
  }

  #existing(path: string): Znode {
    return this.#znodes.get(path) ?? fail('ZK_NO_NODE', path);
  }
}

function set(path: string, znode: Znode, data: Uint8Array, transaction: Transaction): MultiResult {
  const before = { data: znode.data, mzxid: znode.mzxid, mtimeMs: znode.mtimeMs, version: znode.version };
  transaction.undo.push(() => Object.assign(znode, before));
  znode.data = Buffer.from(data);
  znode.mzxid = transaction.zxid;
  znode.mtimeMs = transaction.nowMs;
  znode.version += 1;
  transaction.events.push({ type: 'data-changed', path });
  return { op: 'set', stat: toStat(znode) };
}

function newZnode(data: Buffer, owner: bigint, zxid: bigint, nowMs: number): Znode {
  return {
    data,
    children: new Set(),
    creates: 0,
    owner,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctimeMs: nowMs,
    mtimeMs: nowMs,
    version: 0,
  };
}

function toStat(znode: Znode): Stat {
  return {
    czxid: znode.czxid,
    mzxid: znode.mzxid,
    pzxid: znode.pzxid,
    ctimeMs: znode.ctimeMs,
    mtimeMs: znode.mtimeMs,
    version: znode.version,
    // The server counts creates and reports changes: every create and every delete of a child.
    cversion: 2 * znode.creates - znode.children.size,
    aversion: 0,
    ephemeralOwner: znode.owner,
    dataLength: znode.data.length,
    numChildren: znode.children.size,
  };
}

function isSequential(mode: CreateMode | undefined): boolean {
  return mode === 'persistent-sequential' || mode === 'ephemeral-sequential';
}

function fail(code: ZooKeeperErrorCode, path: string): never {
  throw new ZooKeeperError(code, { path });
}

function withPlace(error: unknown, failedOp: number): unknown {
  if (!(error instanceof ZooKeeperError)) return error;
  return new ZooKeeperError(error.code, { path: error.path, failedOp });
}
