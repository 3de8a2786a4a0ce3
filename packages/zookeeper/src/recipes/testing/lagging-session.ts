import { ZooKeeperError } from '../../errors.js';
import type { MemorySession } from '../../memory/index.js';
import type { SessionState, WatchListener, ZooKeeper } from '../../types.js';

/** A request that was made, or the reason to give up on it. */
interface Outgoing {
  readonly send: () => Promise<() => void>;
  readonly lost: () => void;
}

interface Incoming {
  readonly arrive: () => void;
  readonly lost: () => void;
}

/**
 * A session whose requests reach the server, and whose answers and events arrive, only when the test says so; in order,
 * as on one connection.
 */
export class LaggingSession implements ZooKeeper {
  readonly #session: MemorySession;
  #outgoing: Outgoing[] = [];
  #incoming: Incoming[] = [];
  #connection = 0;

  constructor(session: MemorySession) {
    this.#session = session;
  }

  get state(): SessionState {
    return this.#session.state;
  }

  get sessionId(): bigint {
    return this.#session.sessionId;
  }

  get sessionTimeoutMs(): number {
    return this.#session.sessionTimeoutMs;
  }

  /** Requests that have not reached the server. */
  get waiting(): number {
    return this.#outgoing.length;
  }

  /** Lets the server carry out so many requests. */
  async carryOut(count: number): Promise<void> {
    for (const { send, lost } of this.#outgoing.splice(0, count)) {
      const connection = this.#connection;
      const arrive = await send();
      if (connection === this.#connection) this.#incoming.push({ arrive, lost });
      else lost();
    }
  }

  /** Lets so many answers and events arrive, in one piece. */
  deliver(count: number): void {
    for (const { arrive } of this.#incoming.splice(0, count)) arrive();
  }

  /** Loses so many answers and events, which no connection does. */
  drop(count: number): void {
    this.#incoming.splice(0, count);
  }

  /** @returns true when nothing is on its way in either direction. */
  async flush(): Promise<boolean> {
    const quiet = this.#outgoing.length + this.#incoming.length === 0;
    await this.carryOut(Number.POSITIVE_INFINITY);
    this.deliver(Number.POSITIVE_INFINITY);
    return quiet;
  }

  cut(change: () => void): void {
    const lost = [...this.#incoming, ...this.#outgoing];
    this.#connection += 1;
    this.#incoming = [];
    this.#outgoing = [];
    change();
    for (const each of lost) each.lost();
  }

  onState(listener: (state: SessionState) => void): Disposable {
    return this.#session.onState(listener);
  }

  connected(signal?: AbortSignal): Promise<void> {
    return this.#session.connected(signal);
  }

  renew(): void {
    this.#session.renew();
  }

  create(...args: Parameters<ZooKeeper['create']>): ReturnType<ZooKeeper['create']> {
    return this.#request(() => this.#session.create(...args));
  }

  delete(...args: Parameters<ZooKeeper['delete']>): ReturnType<ZooKeeper['delete']> {
    return this.#request(() => this.#session.delete(...args));
  }

  exists(...args: Parameters<ZooKeeper['exists']>): ReturnType<ZooKeeper['exists']> {
    return this.#request(() => this.#session.exists(...args));
  }

  get(...args: Parameters<ZooKeeper['get']>): ReturnType<ZooKeeper['get']> {
    return this.#request(() => this.#session.get(...args));
  }

  set(...args: Parameters<ZooKeeper['set']>): ReturnType<ZooKeeper['set']> {
    return this.#request(() => this.#session.set(...args));
  }

  getMany(...args: Parameters<ZooKeeper['getMany']>): ReturnType<ZooKeeper['getMany']> {
    return this.#request(() => this.#session.getMany(...args));
  }

  children(...args: Parameters<ZooKeeper['children']>): ReturnType<ZooKeeper['children']> {
    return this.#request(() => this.#session.children(...args));
  }

  sync(...args: Parameters<ZooKeeper['sync']>): ReturnType<ZooKeeper['sync']> {
    return this.#request(() => this.#session.sync(...args));
  }

  multi(...args: Parameters<ZooKeeper['multi']>): ReturnType<ZooKeeper['multi']> {
    return this.#request(() => this.#session.multi(...args));
  }

  addWatch(path: string, listener: WatchListener): Promise<AsyncDisposable> {
    return this.#request(() =>
      this.#session.addWatch(path, (event) =>
        this.#incoming.push({ arrive: () => listener(event), lost: () => undefined }),
      ),
    );
  }

  ensurePath(...args: Parameters<ZooKeeper['ensurePath']>): Promise<void> {
    return this.#request(() => this.#session.ensurePath(...args));
  }

  deleteRecursive(...args: Parameters<ZooKeeper['deleteRecursive']>): Promise<void> {
    return this.#request(() => this.#session.deleteRecursive(...args));
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #request<T>(ask: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const send = async (): Promise<() => void> => {
        try {
          const value = await ask();
          return () => resolve(value);
        } catch (error) {
          return () => reject(error);
        }
      };
      this.#outgoing.push({ send, lost: () => reject(new ZooKeeperError('ZK_CONNECTION_LOSS')) });
    });
  }
}
