import { callOwner } from '../../call-owner.js';
import { isZooKeeperError, ZooKeeperError } from '../../errors.js';
import { baseName, isWithin, joinPath, parentPath } from '../../paths.js';
import { systemTimers, type Timers } from '../../timers.js';
import type { ManyResult, SessionState, Stat, WatchEvent, ZooKeeper } from '../../types.js';
import { connectedAgain } from '../waiting.js';
import { type OwnPath, OwnWrites } from './holds.js';
import { Lag } from './lag.js';
import { ReadyGate } from './ready-gate.js';
import { type ChangeListener, type TreeEntry, TreeTable } from './table.js';
import { type Task, TaskQueue } from './tasks.js';

/** `data`: keep the data. `name`: keep only that it exists. `skip`: not at all, nor anything beneath. */
export type Inclusion = 'data' | 'name' | 'skip';

export interface TreeCacheOptions {
  readonly root: string;
  /** What to keep of a znode; everything unless given. Must say `skip` for all that is beneath a skipped one. */
  readonly include?: (path: string) => Inclusion;
  /** The names that children of a znode can have, where that is known: they need not be listed to be asked for. */
  readonly childrenOf?: (path: string) => readonly string[] | undefined;
  /**
   * The znode whose data must be current before this one is shown as gone; undefined when its end stands for itself.
   * Who lets go of a lock has often just written what it guards, and the write is read later than the end is told.
   */
  readonly goesAfter?: (path: string) => string | undefined;
  /** Called after each change, {@link TreeCache.entries} already current. */
  readonly onChange?: ChangeListener;
  /** Called whenever the whole tree has been walked: at first, and after each reconnect. */
  readonly onReady?: () => void;
  /** A znode that could not be read, `ZK_NO_AUTH` for one; its entry stays as it was. */
  readonly onError?: (error: unknown, path: string) => void;
  /** Questions to the server at a time; 256 unless given. */
  readonly maxReads?: number;
  /**
   * What others write is read so much later, all of it together, so that several changes of one znode cost one read;
   * ten times as late while more than fifty znodes change in that time.
   * Without it everything is read at once.
   */
  readonly lag?: { readonly ms: number; readonly applies: (path: string, type: 'created' | 'data-changed') => boolean };
  readonly timers?: Partial<Pick<Timers, 'soon' | 'sleep'>>;
}

/**
 * A subtree in memory: one persistent recursive watch, one walk, and then a read for each change. What was missed while
 * disconnected is found by another walk after each reconnect.
 */
export class TreeCache implements AsyncDisposable {
  readonly #zk: ZooKeeper;
  readonly #options: TreeCacheOptions;
  readonly #include: (path: string) => Inclusion;
  readonly #table: TreeTable;
  readonly #tasks: TaskQueue;
  readonly #own: OwnWrites;
  /** Znodes that are gone and are shown until the data of another is current, by that other. */
  readonly #going = new Map<string, Set<string>>();
  /** Changed by others, and to be read when the lag is over. */
  readonly #lagging: Lag;
  readonly #timers: Pick<Timers, 'soon' | 'sleep'>;
  readonly #stopping = new AbortController();
  readonly #states: Disposable;
  readonly #walked = new ReadyGate();
  #watch: AsyncDisposable | undefined;
  #registering: Promise<void>;

  /** Starts at once; see {@link TreeCache.ready}. */
  constructor(zk: ZooKeeper, options: TreeCacheOptions) {
    this.#zk = zk;
    this.#options = options;
    this.#include = options.include ?? (() => 'data');
    this.#table = new TreeTable(options.root, (path, entry, previous) =>
      callOwner(() => options.onChange?.(path, entry, previous)),
    );
    this.#tasks = new TaskQueue(
      options.maxReads ?? 256,
      (tasks) => this.#ask(tasks),
      (path) => this.#onCurrent(path),
      () => this.#onWalked(),
    );
    this.#own = new OwnWrites(
      (path) => this.#read(path, 'created'),
      (path) => this.#onCurrent(path),
    );
    this.#timers = { ...systemTimers, ...options.timers };
    this.#lagging = new Lag(this.#timers, options.lag?.ms ?? 0, (paths) => {
      for (const path of paths) this.#request(path, false);
    });
    this.#states = zk.onState((state) => this.#onState(state));
    this.#registering = this.#register();
  }

  /** By path. */
  get entries(): ReadonlyMap<string, TreeEntry> {
    return this.#table.entries;
  }

  /** Changes that are to be read, and those that are being read. */
  get backlog(): { readonly waiting: number; readonly asked: number } {
    const { asked, queued } = this.#tasks.size;
    return { waiting: queued + this.#lagging.size, asked };
  }

  /** Names of the known children of a znode. */
  children(path: string): ReadonlySet<string> {
    return this.#table.children(path);
  }

  /**
   * Resolves when the tree has been walked since the last connect.
   *
   * @throws what aborted `signal`; `ZK_CLOSED` when the cache or the client was closed; what kept the watch from being
   *   set.
   */
  ready(signal?: AbortSignal): Promise<void> {
    return this.#walked.passed(signal);
  }

  /**
   * Carries out a write of one's own without reading back what it wrote: apply its result within `operation` or
   * directly after. What others change meanwhile is read as ever; so is all of it when no result is applied.
   *
   * @param paths what the write changes or creates.
   */
  async own<T>(paths: readonly OwnPath[], operation: () => Promise<T>): Promise<T> {
    const end = this.#own.begin(paths);
    try {
      return await operation();
    } finally {
      // The caller continues before that, and applies the result.
      this.#timers.soon(end);
    }
  }

  /** The result of a create of one's own. */
  applyCreate(path: string, data: Buffer, stat: Stat): void {
    this.#apply(path, { data, stat });
  }

  /** The result of a set of one's own. */
  applySet(path: string, data: Buffer, stat: Stat): void {
    this.#apply(path, { data, stat });
  }

  /**
   * A delete of one's own, applied after what was written with it. Its event has come by now; if the znode is there all
   * the same, the server is asked.
   */
  applyDelete(path: string): void {
    if (!this.#covers(path) || !this.#table.has(path)) return;
    const leader = this.#options.goesAfter?.(path);
    if (leader !== undefined && this.#going.get(leader)?.has(path) === true) this.#invalidate(path);
    else this.#request(path, false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#fail(new ZooKeeperError('ZK_CLOSED', { detail: 'the cache was closed' }));
    await this.#registering;
    await this.#watch?.[Symbol.asyncDispose]();
  }

  /** Sets the watch, however many connections and sessions it takes. */
  async #register(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      for (;;) {
        await connectedAgain(this.#zk, signal);
        try {
          this.#watch = await this.#zk.addWatch(this.#options.root, (event) => this.#onEvent(event), { signal });
          break;
        } catch (error) {
          if (!isZooKeeperError(error, 'ZK_CONNECTION_LOSS', 'ZK_SESSION_EXPIRED')) throw error;
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
      return;
    }
    if (this.#zk.state === 'connected') this.#walk();
  }

  #fail(error: unknown): void {
    this.#stopping.abort();
    this.#states[Symbol.dispose]();
    this.#tasks.clear();
    this.#going.clear();
    this.#lagging.clear();
    this.#walked.fail(error);
  }

  #onState(state: SessionState): void {
    if (state === 'closed') this.#fail(new ZooKeeperError('ZK_CLOSED'));
    else if (state !== 'connected') {
      this.#walked.shut();
      this.#forgetQuestions();
    } else if (this.#watch !== undefined) this.#walk();
  }

  #walk(): void {
    this.#walked.shut();
    this.#forgetQuestions();
    this.#request(this.#options.root, true);
  }

  /** What waited for their answers waits no longer. */
  #forgetQuestions(): void {
    this.#tasks.clear();
    this.#lagging.clear();
    for (const path of [...this.#going.keys()]) this.#endGoing(path);
  }

  #covers(path: string): boolean {
    return isWithin(this.#options.root, path) && !this.#stopping.signal.aborted;
  }

  #onEvent({ type, path }: WatchEvent): void {
    if (!this.#covers(path) || this.#include(path) === 'skip') return;
    switch (type) {
      case 'deleted':
        if (!this.#staysForNow(path)) this.#invalidate(path);
        break;
      case 'created':
        this.#invalidate(path);
        this.#onCreated(path);
        break;
      case 'data-changed':
        if (this.#include(path) === 'data' && !this.#own.hold(path, false)) this.#read(path, type);
        break;
      case 'children-changed':
        break;
    }
  }

  #onCreated(path: string): void {
    if (this.#include(path) === 'name') {
      this.#table.noteNameOnly(path);
      return;
    }
    this.#table.note(path);
    if (!this.#own.hold(path, true)) this.#read(path, 'created');
  }

  /** At once, or with whatever else changes before the lag is over. */
  #read(path: string, type: 'created' | 'data-changed'): void {
    const { lag } = this.#options;
    if (lag === undefined || lag.ms === 0 || !lag.applies(path, type)) {
      this.#request(path, false);
      return;
    }
    this.#lagging.add(path, this.#stopping.signal);
  }

  /** @returns true when the end of the znode is shown later. */
  #staysForNow(path: string): boolean {
    const leader = this.#options.goesAfter?.(path);
    if (leader === undefined || this.#isCurrent(leader)) return false;
    this.#touch(path);
    const going = this.#going.get(leader);
    if (going === undefined) this.#going.set(leader, new Set([path]));
    else going.add(path);
    return true;
  }

  /** The data of the znode is what the last event has told of. */
  #onCurrent(path: string): void {
    if (this.#going.has(path) && this.#isCurrent(path)) this.#endGoing(path);
  }

  #isCurrent(path: string): boolean {
    return !this.#tasks.has('read', path) && !this.#own.holds(path) && !this.#lagging.has(path);
  }

  #endGoing(leader: string): void {
    const going = this.#going.get(leader) ?? [];
    this.#going.delete(leader);
    for (const path of going) this.#invalidate(path);
  }

  /**
   * The znode has come or gone: what we know of it and all beneath, and the answers that are on their way, are of
   * another. One that comes and is known was deleted while we were away.
   */
  #invalidate(path: string): void {
    this.#touch(path);
    this.#own.replaced(path);
    this.#lagging.delete(path);
    const leader = this.#going.size === 0 ? undefined : this.#options.goesAfter?.(path);
    if (leader !== undefined) this.#going.get(leader)?.delete(path);
    this.#tasks.void(path);
    this.#table.remove(path);
  }

  /** An event of a child knows better than a list of children that is on its way. */
  #touch(path: string): void {
    if (this.#tasks.lists > 0) this.#tasks.inFlight('list', parentPath(path))?.touched.add(baseName(path));
  }

  #apply(path: string, entry: TreeEntry): void {
    if (!this.#covers(path) || this.#include(path) !== 'data') return;
    this.#own.applied(path);
    // Unknown by now means deleted by somebody, or that the watch is not set yet.
    if (this.#table.has(path)) this.#table.put(path, entry);
    else this.#request(path, false);
  }

  #request(path: string, descend: boolean): void {
    const inclusion = this.#include(path);
    if (inclusion === 'skip' || this.#stopping.signal.aborted) return;
    this.#tasks.request(inclusion === 'data' ? 'read' : 'list', path, descend);
  }

  #ask(tasks: readonly Task[]): Promise<void> {
    const [task] = tasks;
    if (task === undefined) return Promise.resolve();
    if (task.kind === 'list') return this.#list(task);
    return tasks.length === 1 ? this.#readOne(task) : this.#readMany(tasks);
  }

  async #list(task: Task): Promise<void> {
    try {
      const { children } = await this.#zk.children(task.path);
      if (this.#isOfUse(task)) this.#onList(task, children);
    } catch (error) {
      this.#onFailure(task, error);
    }
  }

  async #readOne(task: Task): Promise<void> {
    try {
      const entry = await this.#zk.get(task.path);
      if (this.#isOfUse(task)) this.#onRead(task, entry);
    } catch (error) {
      this.#onFailure(task, error);
    }
  }

  async #readMany(tasks: readonly Task[]): Promise<void> {
    try {
      const results = await this.#zk.getMany(tasks.map(({ path }) => path));
      tasks.forEach((task, index) => {
        this.#onResult(task, results[index]);
      });
    } catch (error) {
      for (const task of tasks) this.#onFailure(task, error);
    }
  }

  #onResult(task: Task, result: ManyResult): void {
    if (result instanceof ZooKeeperError) this.#onFailure(task, result);
    else if (!this.#isOfUse(task)) return;
    else if (result === undefined) this.#table.remove(task.path);
    else this.#onRead(task, result);
  }

  #isOfUse(task: Task): boolean {
    return this.#tasks.isCurrent(task) && !task.void;
  }

  #onRead(task: Task, entry: TreeEntry): void {
    const { path } = task;
    const known = this.#table.children(path).size;
    const isNew = !this.#table.entries.has(path);
    this.#table.put(path, entry);
    const { numChildren } = entry.stat;
    // A znode that is new to us may have children that came before the watch; else events have told of each.
    if (task.descend ? numChildren + known > 0 : isNew && numChildren > known) {
      this.#askForChildren(path, numChildren, task.descend);
    }
  }

  #askForChildren(path: string, numChildren: number, descend: boolean): void {
    const names = numChildren === 0 ? undefined : this.#options.childrenOf?.(path);
    if (names === undefined) this.#tasks.request('list', path, descend);
    else for (const name of names) this.#meet(joinPath(path, name), descend);
  }

  #onList(task: Task, names: readonly string[]): void {
    const { path, touched } = task;
    if (this.#include(path) === 'name') this.#table.noteNameOnly(path);
    const listed = new Set(names);
    for (const name of [...this.#table.children(path)]) {
      if (!listed.has(name) && !touched.has(name)) this.#table.remove(joinPath(path, name));
    }
    for (const name of names) {
      const child = joinPath(path, name);
      if (touched.has(name) || this.#include(child) === 'skip') continue;
      if (task.descend || !this.#table.has(child)) this.#meet(child, task.descend);
    }
  }

  /** A child that a list has told of. */
  #meet(path: string, descend: boolean): void {
    if (this.#include(path) === 'name') this.#table.noteNameOnly(path);
    else this.#table.note(path);
    this.#request(path, descend);
  }

  #onFailure(task: Task, error: unknown): void {
    if (!this.#tasks.isCurrent(task)) return;
    if (isZooKeeperError(error, 'ZK_NO_NODE')) {
      if (!task.void) this.#table.remove(task.path);
      return;
    }
    // The walk after the reconnect finds out.
    if (isZooKeeperError(error, 'ZK_CONNECTION_LOSS', 'ZK_SESSION_EXPIRED', 'ZK_CLOSED')) return;
    callOwner(() => this.#options.onError?.(error, task.path));
  }

  #onWalked(): void {
    this.#walked.open();
    callOwner(() => this.#options.onReady?.());
  }
}
