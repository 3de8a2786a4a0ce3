import { isZooKeeperError, ZooKeeperError } from '../errors.js';
import { isWithin } from '../paths.js';
import { createAll, deleteRecursive, ensurePath, pathsDownTo } from '../subtrees.js';
import type { Timers } from '../timers.js';
import type {
  Acl,
  CallOptions,
  CreateOptions,
  ManyResult,
  MultiOp,
  MultiResult,
  ReadResult,
  SessionState,
  Stat,
  WatchEvent,
  WatchListener,
  ZooKeeper,
} from '../types.js';
import { type PathMap, pathMap } from './chroot.js';
import type { ServerAddress } from './connect-string.js';
import { type AclResult, type ChildList, type Created, type Credentials, Operations } from './operations.js';
import { Call, type CallSpec, type Request } from './request.js';
import { Session, type SessionOptions } from './session.js';
import { setWatchesCalls } from './set-watches.js';
import { type OnceKind, type StandingKind, WatchRegistry } from './watch-registry.js';

export interface TtlOptions extends CallOptions {
  readonly sequential?: boolean;
  readonly acl?: readonly Acl[];
}

/** What the network client can do beyond {@link ZooKeeper}. */
export interface ZooKeeperClient extends ZooKeeper {
  /**
   * Creates a persistent znode that the server removes after `ttlMs` milliseconds without a change or a child. A
   * server refuses it (`ZK_SERVER`) unless `extendedTypesEnabled` is set there.
   */
  createWithTtl(path: string, data: Uint8Array, ttlMs: number, options?: TtlOptions): Promise<Created>;
  getAcl(path: string, options?: CallOptions): Promise<AclResult>;
  /** @param version of the list itself (`aversion`); -1 matches any. */
  setAcl(path: string, acl: readonly Acl[], version?: number, options?: CallOptions): Promise<Stat>;
  /** Adds credentials to this session and to each later connection. Wrong ones end the session with `ZK_AUTH_FAILED`. */
  addAuth(credentials: Credentials): Promise<void>;
  /**
   * Which servers to try from the next connection on; the one that serves now stays, and so does the session. They must
   * belong to the same ensemble.
   *
   * @throws ZooKeeperError `ZK_BAD_ARGUMENTS` when there are none.
   */
  setServers(servers: readonly ServerAddress[]): void;
}

type WatchOptions = CallOptions & { readonly watch?: WatchListener };

/** The operations, on a session. */
export class NetworkClient implements ZooKeeperClient {
  readonly #session: Session;
  readonly #operations: Operations;
  readonly #root: string;
  readonly #paths: PathMap;
  readonly #timers: Timers;
  readonly #watches = new WatchRegistry();
  readonly #credentials: Credentials[];

  constructor(options: SessionOptions, chroot: string, credentials: readonly Credentials[]) {
    this.#root = chroot === '' ? '/' : chroot;
    this.#paths = pathMap(chroot);
    this.#operations = new Operations(this.#paths);
    this.#timers = options.timers;
    this.#credentials = [...credentials];
    this.#session = new Session(options, {
      prime: (lastZxid) => this.#prime(lastZxid),
      event: (event) => this.#onEvent(event),
      ended: () => this.#watches.dropOnce(),
    });
    this.#session.start();
  }

  get state(): SessionState {
    return this.#session.states.state;
  }

  get sessionId(): bigint {
    return this.#session.id;
  }

  get sessionTimeoutMs(): number {
    return this.#session.timeoutMs;
  }

  get waiting(): number {
    return this.#session.waiting;
  }

  setServers(servers: readonly ServerAddress[]): void {
    if (servers.length === 0) throw new ZooKeeperError('ZK_BAD_ARGUMENTS', { detail: 'no servers' });
    this.#session.setServers(servers);
  }

  onState(listener: (state: SessionState) => void): Disposable {
    return this.#session.states.subscribe(listener);
  }

  connected(signal?: AbortSignal): Promise<void> {
    return this.#session.states.connected(signal);
  }

  renew(): void {
    this.#session.renew();
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  async create(path: string, data: Uint8Array, options: CreateOptions = {}): Promise<Created> {
    return this.#call(this.#operations.create(path, data, options.mode ?? 'persistent', options.acl), options);
  }

  async createWithTtl(path: string, data: Uint8Array, ttlMs: number, options: TtlOptions = {}): Promise<Created> {
    const sequential = options.sequential === true;
    return this.#call(this.#operations.createWithTtl(path, data, ttlMs, sequential, options.acl), options);
  }

  async delete(path: string, version = -1, options?: CallOptions): Promise<void> {
    return this.#call(this.#operations.delete(path, version), options);
  }

  async exists(path: string, options?: WatchOptions): Promise<Stat | undefined> {
    const spec = this.#operations.exists(path, this.#asksForWatch('data', path, options));
    return this.#watched(spec, path, options, (stat) => (stat === undefined ? 'exist' : 'data'));
  }

  async get(path: string, options?: WatchOptions): Promise<ReadResult> {
    const spec = this.#operations.get(path, this.#asksForWatch('data', path, options));
    return this.#watched(spec, path, options, () => 'data');
  }

  async getMany(paths: readonly string[], options?: CallOptions): Promise<readonly ManyResult[]> {
    return paths.length === 0 ? [] : this.#call(this.#operations.getMany(paths), options);
  }

  async set(path: string, data: Uint8Array, version = -1, options?: CallOptions): Promise<Stat> {
    return this.#call(this.#operations.set(path, data, version), options);
  }

  async children(path: string, options?: WatchOptions): Promise<ChildList> {
    const spec = this.#operations.children(path, this.#asksForWatch('child', path, options));
    return this.#watched(spec, path, options, () => 'child');
  }

  async sync(path: string, options?: CallOptions): Promise<void> {
    return this.#call(this.#operations.sync(path), options);
  }

  async multi(ops: readonly MultiOp[], options?: CallOptions): Promise<readonly MultiResult[]> {
    if (ops.length === 0) return [];
    const context = () => ({ sessionId: this.#session.id, nowMs: this.#timers.wallClockMs() });
    return this.#call(this.#operations.multi(ops, context), options);
  }

  async addWatch(
    path: string,
    listener: WatchListener,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<AsyncDisposable> {
    const recursive = options.recursive !== false;
    const kind: StandingKind = recursive ? 'recursive' : 'persistent';
    const otherKind: StandingKind = recursive ? 'persistent' : 'recursive';
    // Servers before 3.9 keep one mode per path and connection: the second would replace the first.
    if (this.#watches.has(otherKind, path)) {
      throw new ZooKeeperError('ZK_BAD_ARGUMENTS', { path, detail: `a ${otherKind} watch of ours is set there` });
    }
    // One function may be registered twice; each registration is disposed of by itself.
    const own: WatchListener = (event) => listener(event);
    const spec = this.#operations.addWatch(path, recursive);
    await this.#call({ ...spec, decode: () => this.#watches.add(kind, path, own) }, options);
    return { [Symbol.asyncDispose]: () => this.#removeWatch(kind, path, own) };
  }

  async getAcl(path: string, options?: CallOptions): Promise<AclResult> {
    return this.#call(this.#operations.getAcl(path), options);
  }

  async setAcl(path: string, acl: readonly Acl[], version = -1, options?: CallOptions): Promise<Stat> {
    return this.#call(this.#operations.setAcl(path, acl, version), options);
  }

  async addAuth(credentials: Credentials): Promise<void> {
    this.#credentials.push(credentials);
    try {
      await this.#call(this.#operations.auth(credentials), undefined);
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_AUTH_FAILED')) this.#session.abandon(error);
      throw error;
    }
  }

  /** The chroot is made, too, when it is missing. */
  async ensurePath(path: string, options?: CallOptions): Promise<void> {
    if (this.#root !== '/' && (await this.exists('/', options)) === undefined) await this.#createChroot(options);
    await ensurePath(this, path, options);
  }

  deleteRecursive(path: string, options?: CallOptions): Promise<void> {
    return deleteRecursive(this, path, options);
  }

  #createChroot(options: CallOptions | undefined): Promise<void> {
    const onServer = new Operations(pathMap(''));
    const create = (path: string): Promise<Created> =>
      this.#call(onServer.create(path, Buffer.alloc(0), 'persistent'), options);
    return createAll(pathsDownTo(this.#root), create);
  }

  #call<T>(spec: CallSpec<T>, options: CallOptions | undefined): Promise<T> {
    const signal = options?.signal;
    return new Promise((resolve, reject) => {
      const call = new Call(spec, resolve, reject);
      if (signal !== undefined && this.#followSignal(call, signal)) return;
      this.#session.submit(call);
    });
  }

  /** @returns true when the signal has aborted already, and the call with it. */
  #followSignal<T>(call: Call<T>, signal: AbortSignal): boolean {
    const onAbort = (): void => {
      this.#session.withdraw(call);
      call.lost(signal.reason);
    };
    if (signal.aborted) {
      onAbort();
      return true;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    call.onSettled = () => signal.removeEventListener('abort', onAbort);
    return false;
  }

  /**
   * A standing watch at the very path covers a one-shot one, and asking for that too would end the standing one: a
   * server before 3.9 keeps one mode per path and connection.
   */
  #asksForWatch(kind: OnceKind, path: string, options: WatchOptions | undefined): boolean {
    if (options?.watch === undefined || this.#watches.has('persistent', path)) return false;
    return kind === 'child' || !this.#watches.has('recursive', path);
  }

  /** Sets the watch the moment the answer is read, so that no event can slip in between. */
  #watched<T>(
    spec: CallSpec<T>,
    path: string,
    options: WatchOptions | undefined,
    kindOf: (value: T) => OnceKind,
  ): Promise<T> {
    const watch = options?.watch;
    if (watch === undefined) return this.#call(spec, options);
    const decode: CallSpec<T>['decode'] = (reader, header) => {
      const value = spec.decode(reader, header);
      this.#arm(kindOf(value), path, watch, options?.signal);
      return value;
    };
    return this.#call({ ...spec, decode }, options);
  }

  #arm(kind: OnceKind, path: string, watch: WatchListener, signal: AbortSignal | undefined): void {
    const forget = (): void => this.#watches.remove(kind, path, own);
    const own: WatchListener = (event) => {
      signal?.removeEventListener('abort', forget);
      watch(event);
    };
    this.#watches.add(kind, path, own);
    signal?.addEventListener('abort', forget, { once: true });
  }

  async #removeWatch(kind: StandingKind, path: string, listener: WatchListener): Promise<void> {
    this.#watches.remove(kind, path, listener);
    // The server removes by path: another watch of ours there must stay. After a reconnect it knows only what is left.
    if (this.#watches.hasAny(path) || this.state !== 'connected') return;
    try {
      await this.#call(this.#operations.removeWatches(path), undefined);
    } catch (error) {
      // With the connection the server has forgotten the watch.
      if (!isZooKeeperError(error, 'ZK_CONNECTION_LOSS', 'ZK_SESSION_EXPIRED', 'ZK_CLOSED')) throw error;
    }
  }

  #onEvent(event: WatchEvent): void {
    if (!isWithin(this.#root, event.path)) return;
    this.#watches.dispatch({ type: event.type, path: this.#paths.fromServer(event.path) });
  }

  #prime(lastZxid: bigint): Request[] {
    const { toServer } = this.#paths;
    const watches = [...this.#watches.entries()].map(({ kind, path }) => ({ kind, path: toServer(path) }));
    // A server that refuses credentials or cannot do persistent watches will do so again.
    const giveUp = (error: unknown): void => {
      if (isZooKeeperError(error, 'ZK_AUTH_FAILED', 'ZK_BAD_ARGUMENTS', 'ZK_SERVER')) this.#session.abandon(error);
    };
    return [...this.#credentials.map((each) => this.#operations.auth(each)), ...setWatchesCalls(watches, lastZxid)].map(
      (spec) => new Call(spec, () => undefined, giveUp),
    );
  }
}
