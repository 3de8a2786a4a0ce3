import { ZooKeeperError } from '../errors.js';
import { deleteRecursive, ensurePath } from '../subtrees.js';
import type {
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
import type { MemoryTree } from './tree.js';
import { MemoryWatches } from './watches.js';

/** Requests as the server counts them. */
export type RequestKind = 'create' | 'delete' | 'exists' | 'get' | 'set' | 'children' | 'sync' | 'multi' | 'addWatch';

/** What the sessions of one ensemble have in common. */
export interface MemoryServer {
  readonly tree: MemoryTree;
  now(): number;
  newSessionId(): bigint;
  /** Tells every session of the ensemble. */
  publish(events: readonly WatchEvent[]): void;
}

/** A request between being made and being answered. */
interface Call {
  /** Carries it out, unless it was lost before. */
  run(): void;
  fail(error: ZooKeeperError): void;
}

interface Fault {
  readonly kind: RequestKind;
  readonly when: 'before' | 'after';
}

/**
 * A session on a tree in memory, with controls over its fate. Answers come in later microtasks, in order. As with the
 * network client, requests wait while there is no connection, and standing watches outlive the session.
 */
export class MemorySession implements ZooKeeper {
  readonly sessionTimeoutMs = 10_000;
  readonly #server: MemoryServer;
  readonly #watches = new MemoryWatches();
  readonly #listeners = new Set<(state: SessionState) => void>();
  /** On their way to the server. */
  readonly #sent = new Set<Call>();
  /** Made without a connection: they wait for one. */
  readonly #waiting = new Set<Call>();
  readonly #faults: Fault[] = [];
  /** One-shot events of a suspension; the server sends them when the session is taken up again. */
  readonly #missed: (() => void)[] = [];
  #state: SessionState = 'connected';
  #sessionId: bigint;
  #requests = 0;
  /** Requests on a way that is blocked. */
  #stalled: Call[] | undefined;
  /** What every request gets once the session has ended. */
  #refusal: ZooKeeperError | undefined;

  constructor(server: MemoryServer) {
    this.#server = server;
    this.#sessionId = server.newSessionId();
  }

  get state(): SessionState {
    return this.#state;
  }

  get sessionId(): bigint {
    return this.#sessionId;
  }

  /** Requests made so far: what would have been round trips had each been awaited. */
  get requests(): number {
    return this.#requests;
  }

  onState(listener: (state: SessionState) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  connected(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#state === 'connected') return Promise.resolve();
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        subscription[Symbol.dispose]();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = (): void => done(() => reject(signal?.reason));
      const subscription = this.onState((state) => {
        if (state === 'connected') done(resolve);
        else if (this.#refusal !== undefined) done(() => reject(this.#refusal));
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  renew(): void {
    if (this.#state !== 'expired') return;
    this.#sessionId = 0n;
    this.#enter('connecting');
    queueMicrotask(() => {
      if (this.#state !== 'connecting') return;
      this.#sessionId = this.#server.newSessionId();
      this.#connect();
    });
  }

  /** Cuts the connection; the session lives on. Requests without an answer are lost and were not carried out. */
  suspend(): void {
    if (this.#state !== 'connected') return;
    this.#enter('suspended');
    this.#fail(this.#sent, lost(undefined));
  }

  /** The connection is back. What standing watches missed is not replayed. */
  resume(): void {
    if (this.#state !== 'suspended') return;
    for (const deliver of this.#missed.splice(0)) queueMicrotask(deliver);
    this.#connect();
  }

  /** Requests take long from now on: they are carried out, in their order, at {@link MemorySession.flow}. */
  stall(): void {
    this.#stalled ??= [];
  }

  flow(): void {
    const calls = this.#stalled ?? [];
    this.#stalled = undefined;
    for (const { run } of calls) queueMicrotask(run);
  }

  /** The server ends the session: its ephemerals and its one-shot watches are gone. */
  expire(): void {
    if (this.#state === 'closed' || this.#state === 'expired') return;
    this.#end('expired', new ZooKeeperError('ZK_SESSION_EXPIRED'));
  }

  /** The next request of this kind loses its connection before or after it was carried out; then all is well again. */
  failNext(kind: RequestKind, when: 'before' | 'after'): void {
    this.#faults.push({ kind, when });
  }

  create(
    path: string,
    data: Uint8Array,
    options: CreateOptions = {},
  ): Promise<{ readonly path: string; readonly stat: Stat }> {
    return this.#request('create', options, () => {
      const result = this.#applyOne({ op: 'create', path, data, mode: options.mode ?? 'persistent' });
      if (result.op !== 'create') throw new ZooKeeperError('ZK_PROTOCOL', { path });
      return { path: result.path, stat: result.stat };
    });
  }

  delete(path: string, version = -1, options: CallOptions = {}): Promise<void> {
    return this.#request('delete', options, () => void this.#applyOne({ op: 'delete', path, version }));
  }

  set(path: string, data: Uint8Array, version = -1, options: CallOptions = {}): Promise<Stat> {
    return this.#request('set', options, () => {
      const result = this.#applyOne({ op: 'set', path, data, version });
      if (result.op !== 'set') throw new ZooKeeperError('ZK_PROTOCOL', { path });
      return result.stat;
    });
  }

  exists(path: string, options: CallOptions & { readonly watch?: WatchListener } = {}): Promise<Stat | undefined> {
    return this.#request('exists', options, () => {
      const stat = this.#server.tree.stat(path);
      if (options.watch !== undefined) this.#watches.add('data', path, options.watch);
      return stat;
    });
  }

  get(path: string, options: CallOptions & { readonly watch?: WatchListener } = {}): Promise<ReadResult> {
    return this.#request('get', options, () => {
      const { data, stat } = this.#server.tree.read(path);
      if (options.watch !== undefined) this.#watches.add('data', path, options.watch);
      return { data, stat };
    });
  }

  getMany(paths: readonly string[], options: CallOptions = {}): Promise<readonly ManyResult[]> {
    return this.#request('get', options, () =>
      paths.map((path) => {
        if (this.#server.tree.stat(path) === undefined) return undefined;
        const { data, stat } = this.#server.tree.read(path);
        return { data, stat };
      }),
    );
  }

  children(
    path: string,
    options: CallOptions & { readonly watch?: WatchListener } = {},
  ): Promise<{ readonly children: readonly string[]; readonly stat: Stat }> {
    return this.#request('children', options, () => {
      const { children, stat } = this.#server.tree.read(path);
      if (options.watch !== undefined) this.#watches.add('children', path, options.watch);
      return { children, stat };
    });
  }

  sync(_path: string, options: CallOptions = {}): Promise<void> {
    return this.#request('sync', options, () => undefined);
  }

  multi(ops: readonly MultiOp[], options: CallOptions = {}): Promise<readonly MultiResult[]> {
    return this.#request('multi', options, () => this.#apply(ops));
  }

  async addWatch(
    path: string,
    listener: WatchListener,
    options: CallOptions & { readonly recursive?: boolean } = {},
  ): Promise<AsyncDisposable> {
    const kind = options.recursive === false ? 'persistent' : 'recursive';
    // One function may be registered twice; each registration is disposed of by itself.
    const own: WatchListener = (event) => listener(event);
    await this.#request('addWatch', options, () => this.#watches.add(kind, path, own));
    return {
      [Symbol.asyncDispose]: async () => this.#watches.remove(kind, path, own),
    };
  }

  ensurePath(path: string, options: CallOptions = {}): Promise<void> {
    return ensurePath(this, path, options);
  }

  deleteRecursive(path: string, options: CallOptions = {}): Promise<void> {
    return deleteRecursive(this, path, options);
  }

  async close(): Promise<void> {
    if (this.#state !== 'closed') this.#end('closed', new ZooKeeperError('ZK_CLOSED'));
  }

  /** Called by the ensemble for every change that anybody made. */
  receive(event: WatchEvent): void {
    if (this.#state !== 'connected' && this.#state !== 'suspended') return;
    const suspended = this.#state === 'suspended';
    for (const listener of this.#watches.takeOneShot(event)) {
      if (suspended) this.#missed.push(() => listener(event));
      else queueMicrotask(() => listener(event));
    }
    if (suspended) return;
    for (const listener of this.#watches.persistent(event)) queueMicrotask(() => listener(event));
  }

  /** As an operation of its own: its error names no place in a multi. */
  #applyOne(op: MultiOp): MultiResult {
    try {
      const [result] = this.#apply([op]);
      if (result === undefined) throw new ZooKeeperError('ZK_PROTOCOL', { path: op.path });
      return result;
    } catch (error) {
      throw error instanceof ZooKeeperError ? new ZooKeeperError(error.code, { path: error.path }) : error;
    }
  }

  #apply(ops: readonly MultiOp[]): readonly MultiResult[] {
    const { results, events } = this.#server.tree.apply(ops, this.#sessionId, this.#server.now());
    this.#server.publish(events);
    return results;
  }

  #request<T>(kind: RequestKind, { signal }: CallOptions, carryOut: () => T): Promise<T> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    if (signal?.aborted) return Promise.reject(lost(signal));
    this.#requests += 1;
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(call);
        reject(lost(signal));
      };
      const call: Call = {
        run: () => {
          signal?.removeEventListener('abort', onAbort);
          if (!this.#sent.has(call)) return;
          try {
            resolve(this.#carryOut(kind, carryOut));
          } catch (error) {
            reject(error);
          } finally {
            this.#sent.delete(call);
          }
        },
        fail: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#state === 'connected' && this.#waiting.size === 0) this.#send(call);
      else this.#waiting.add(call);
    });
  }

  /** Microtasks run in the order in which they were queued: so do requests, and an event precedes later answers. */
  #send(call: Call): void {
    this.#sent.add(call);
    if (this.#stalled === undefined) queueMicrotask(call.run);
    else this.#stalled.push(call);
  }

  #carryOut<T>(kind: RequestKind, carryOut: () => T): T {
    const place = this.#faults.findIndex((fault) => fault.kind === kind);
    const [fault] = place < 0 ? [] : this.#faults.splice(place, 1);
    if (fault === undefined) return carryOut();
    try {
      if (fault.when === 'after') carryOut();
    } finally {
      this.suspend();
      queueMicrotask(() => this.resume());
    }
    throw lost(undefined);
  }

  #connect(): void {
    this.#enter('connected');
    // A listener may have cut the connection again.
    if (this.#state !== 'connected') return;
    for (const call of this.#waiting) this.#send(call);
    this.#waiting.clear();
  }

  #end(state: 'expired' | 'closed', refusal: ZooKeeperError): void {
    const mine = this.#sessionId === 0n ? [] : this.#server.tree.ephemeralsOf(this.#sessionId);
    this.#refusal = refusal;
    this.#watches.clearOneShot();
    this.#missed.length = 0;
    this.#enter(state);
    this.#fail(this.#sent, refusal);
    this.#fail(this.#waiting, refusal);
    if (mine.length === 0) return;
    const ops = mine.map((path): MultiOp => ({ op: 'delete', path }));
    this.#server.publish(this.#server.tree.apply(ops, this.#sessionId, this.#server.now()).events);
  }

  #enter(state: SessionState): void {
    if (state === 'connecting') this.#refusal = undefined;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  #fail(calls: Set<Call>, error: ZooKeeperError): void {
    const failed = [...calls];
    calls.clear();
    for (const call of failed) call.fail(error);
  }
}

function lost(signal: AbortSignal | undefined): ZooKeeperError {
  return new ZooKeeperError('ZK_CONNECTION_LOSS', signal === undefined ? {} : { cause: signal.reason });
}
