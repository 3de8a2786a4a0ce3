import type { ZooKeeperError } from './errors.js';

/** What the server knows of a znode. Transaction ids are 64 bits wide. */
export interface Stat {
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly pzxid: bigint;
  /** Milliseconds since the epoch, on the server's clock. */
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  /** Session id of the owner of an ephemeral znode, else 0n. */
  readonly ephemeralOwner: bigint;
  readonly dataLength: number;
  readonly numChildren: number;
}

export type CreateMode = 'persistent' | 'persistent-sequential' | 'ephemeral' | 'ephemeral-sequential' | 'container';

export interface Acl {
  /** Bits: read 1, write 2, create 4, delete 8, admin 16. */
  readonly permissions: number;
  readonly scheme: string;
  readonly id: string;
}

export interface CallOptions {
  /**
   * Stops waiting for the answer; the server may carry the request out all the same, so treat it as a connection loss.
   */
  readonly signal?: AbortSignal;
}

export interface CreateOptions extends CallOptions {
  /** `persistent` when absent. */
  readonly mode?: CreateMode;
  /** Open to the world when absent. */
  readonly acl?: readonly Acl[];
}

/** One change in a {@link ZooKeeper.multi}; `version` -1 matches any. */
export type MultiOp =
  | { readonly op: 'create'; readonly path: string; readonly data: Uint8Array; readonly mode?: CreateMode }
  | { readonly op: 'delete'; readonly path: string; readonly version?: number }
  | { readonly op: 'set'; readonly path: string; readonly data: Uint8Array; readonly version?: number }
  | { readonly op: 'check'; readonly path: string; readonly version?: number };

/**
 * Result of the operation at the same place in the multi. A server tells no stat of a create there: it is put together
 * from the request and its transaction, and its times are the client's unless a `set` in the multi tells the server's.
 */
export type MultiResult =
  | { readonly op: 'create'; readonly path: string; readonly stat: Stat }
  | { readonly op: 'delete' }
  | { readonly op: 'set'; readonly stat: Stat }
  | { readonly op: 'check' };

export type WatchEventType = 'created' | 'deleted' | 'data-changed' | 'children-changed';

export interface WatchEvent {
  readonly type: WatchEventType;
  /** Relative to the chroot, as all paths of a client are. */
  readonly path: string;
}

export type WatchListener = (event: WatchEvent) => void;

/**
 * `connected`: requests are answered. `suspended`: the connection is cut, the session may still live.
 * `expired`: the server has ended the session: its ephemerals are gone, and nothing works until {@link ZooKeeper.renew}.
 * `closed`: closed by us.
 */
export type SessionState = 'connecting' | 'connected' | 'suspended' | 'expired' | 'closed';

export interface ReadResult {
  readonly data: Buffer;
  readonly stat: Stat;
}

/** What one of several reads has found: undefined for a znode that does not exist, or what was wrong with this one. */
export type ManyResult = ReadResult | ZooKeeperError | undefined;

/**
 * What a client of ZooKeeper can do. Implemented by the network client and, for unit tests, by a tree in memory.
 *
 * Requests of one client are answered in the order in which they were made, and a watch event is delivered before
 * the answer to any later request that would show what it tells of, the answer to one's own write included.
 *
 * Every method throws {@link ZooKeeperError}. `ZK_CONNECTION_LOSS` means that the outcome is unknown; the client never
 * repeats a request by itself.
 */
export interface ZooKeeper {
  readonly state: SessionState;
  /** 0n before the first connection. A new id after {@link renew}. */
  readonly sessionId: bigint;
  /** As negotiated with the server, milliseconds. */
  readonly sessionTimeoutMs: number;
  /** Requests that have no answer yet; absent where nothing ever waits. */
  readonly waiting?: number;

  /** Called on every change of state, synchronously. */
  onState(listener: (state: SessionState) => void): Disposable;
  /** Resolves when the state is `connected`; rejects with the signal's reason, or when expired or closed. */
  connected(signal?: AbortSignal): Promise<void>;
  /** Starts a new session after `expired`. The owner decides when: everything it held is lost by then. */
  renew(): void;

  create(
    path: string,
    data: Uint8Array,
    options?: CreateOptions,
  ): Promise<{ readonly path: string; readonly stat: Stat }>;
  delete(path: string, version?: number, options?: CallOptions): Promise<void>;
  /** @param watch called once, for the next event of the znode. */
  exists(path: string, options?: CallOptions & { readonly watch?: WatchListener }): Promise<Stat | undefined>;
  get(path: string, options?: CallOptions & { readonly watch?: WatchListener }): Promise<ReadResult>;
  /**
   * Reads several znodes with one request; each has a result of its own, at its place in `paths`. All of the answer is
   * one frame: ask for so many as that may hold.
   */
  getMany(paths: readonly string[], options?: CallOptions): Promise<readonly ManyResult[]>;
  set(path: string, data: Uint8Array, version?: number, options?: CallOptions): Promise<Stat>;
  children(
    path: string,
    options?: CallOptions & { readonly watch?: WatchListener },
  ): Promise<{ readonly children: readonly string[]; readonly stat: Stat }>;
  /** Brings the server we talk to up to the leader's state as of now. */
  sync(path: string, options?: CallOptions): Promise<void>;
  /**
   * All of `ops` or none.
   *
   * @throws ZooKeeperError with the code of the first operation that failed and its place in `failedOp`.
   */
  multi(ops: readonly MultiOp[], options?: CallOptions): Promise<readonly MultiResult[]>;
  /**
   * A watch that stays, by default on the whole subtree. Registered again after a reconnect, but what happened while
   * disconnected is not replayed: re-read after every `connected`.
   */
  addWatch(
    path: string,
    listener: WatchListener,
    options?: CallOptions & { readonly recursive?: boolean },
  ): Promise<AsyncDisposable>;

  /** Creates `path` and its parents where missing, empty and persistent. */
  ensurePath(path: string, options?: CallOptions): Promise<void>;
  /** Deletes a subtree, children first; not atomic; a missing path is fine. */
  deleteRecursive(path: string, options?: CallOptions): Promise<void>;

  /** Ends the session: ephemerals vanish at once. */
  close(): Promise<void>;
}

/** The only permissions Nodepool's tree knows: everything to everybody. */
export const openAcl: readonly Acl[] = [{ permissions: 31, scheme: 'world', id: 'anyone' }];
