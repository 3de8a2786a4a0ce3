import { type Component, componentKinds, type PoolComponent } from '@nodepool/model';
import { type Logger, Semaphore } from '@nodepool/runtime';
import { isZooKeeperError, type ZooKeeper } from '@nodepool/zookeeper';
import { decodeComponent, encodeComponent } from './codec/component.js';
import { throughLosses } from './losses.js';
import { componentsPath } from './paths.js';
import { childNames, ifPresent, mapBounded } from './records.js';
import type { ComponentStore, Registration } from './types.js';
import type { Writer } from './writer.js';

export function openComponentStore(options: { readonly writer: Writer; readonly log: Logger }): ComponentStore {
  const { zk } = options.writer;
  const ensure = async (): Promise<void> => {
    await Promise.all(componentKinds.map((kind) => throughLosses(zk, () => zk.ensurePath(componentsPath(kind)))));
  };
  return {
    register: async (component) => {
      await ensure();
      const registration = new StoreRegistration(options, component);
      await registration.open();
      return registration;
    },
    list: async (kind) => {
      await ensure();
      const names = await childNames(zk, componentsPath(kind));
      const found = await mapBounded(names, (name) =>
        ifPresent(throughLosses(zk, () => zk.get(`${componentsPath(kind)}/${name}`))),
      );
      return found.flatMap((entry) => decodeComponent(entry?.data ?? Buffer.alloc(0)) ?? []);
    },
  };
}

interface Registered {
  readonly path: string;
  readonly sessionId: bigint;
  readonly version: number;
  readonly data: Uint8Array;
}

/** One ephemeral znode, made again in each new session. Its writes follow one another. */
class StoreRegistration implements Registration {
  readonly #writer: Writer;
  readonly #log: Logger;
  readonly #turns = new Semaphore(1);
  readonly #closed = new AbortController();
  #component: Component | PoolComponent;
  #registered: Registered | undefined;
  #subscription: Disposable | undefined;

  constructor(
    { writer, log }: { readonly writer: Writer; readonly log: Logger },
    component: Component | PoolComponent,
  ) {
    this.#writer = writer;
    this.#log = log;
    this.#component = component;
  }

  async open(): Promise<void> {
    await this.#turns.run(() => this.#store());
    this.#subscription = this.#zk.onState((state) => {
      if (state === 'connected') void this.#registerAgain();
    });
  }

  async update(change: Partial<PoolComponent>): Promise<void> {
    this.#component = { ...this.#component, ...change };
    await this.#turns.run(() => this.#store());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    this.#closed.abort();
    await this.#turns.run(async () => {
      const registered = this.#registered;
      this.#registered = undefined;
      // A session that has ended took the znode with it.
      if (registered === undefined || registered.sessionId !== this.#zk.sessionId) return;
      if (this.#zk.state === 'closed' || this.#zk.state === 'expired') return;
      await ifPresent(throughLosses(this.#zk, () => this.#zk.delete(registered.path)));
    });
  }

  get #zk(): ZooKeeper {
    return this.#writer.zk;
  }

  async #registerAgain(): Promise<void> {
    if (this.#registered?.sessionId === this.#zk.sessionId) return;
    try {
      await this.#turns.run(() => this.#store());
    } catch (error) {
      // The next `connected` brings another try.
      this.#log.warn({ error }, 'component not registered again');
    }
  }

  /** Makes the znode say what the component is now. */
  async #store(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    const data = encodeComponent(this.#component);
    let doubtful = false;
    await throughLosses(this.#zk, async () => {
      if (doubtful) await this.#lookAgain(data);
      doubtful = true;
      await this.#write(data);
    });
  }

  async #write(data: Buffer): Promise<void> {
    if (this.#registered?.sessionId !== this.#zk.sessionId) {
      await this.#create(data);
      return;
    }
    try {
      await this.#set(this.#registered, data);
    } catch (error) {
      if (!isZooKeeperError(error, 'ZK_BAD_VERSION', 'ZK_NO_NODE')) throw error;
      // Somebody else wrote or removed it: it is ours to say what we are.
      await this.#lookAgain(data);
      if (this.#registered === undefined) await this.#create(data);
      else await this.#set(this.#registered, data);
    }
  }

  async #create(data: Buffer): Promise<void> {
    const { kind, hostname } = this.#component;
    const { path, stat } = await this.#writer.createIn(componentsPath(kind), hostname, data, 'ephemeral-sequential');
    this.#registered = { path, sessionId: stat.ephemeralOwner, version: stat.version, data };
  }

  async #set(registered: Registered, data: Buffer): Promise<void> {
    if (data.equals(registered.data)) return;
    const { path, version } = registered;
    const [result] = await this.#writer.multi([{ op: 'set', path, data, version }]);
    if (result?.op === 'set') this.#registered = { ...registered, version: result.stat.version, data };
  }

  /** After doubt: reads our znode, or looks for one that a lost request may have made in this session. */
  async #lookAgain(data: Buffer): Promise<void> {
    const { sessionId } = this.#zk;
    const { kind, hostname } = this.#component;
    const directory = componentsPath(kind);
    await this.#zk.sync(directory);
    const known = this.#registered?.sessionId === sessionId ? [this.#registered.path] : undefined;
    const names = known === undefined ? await childNames(this.#zk, directory) : [];
    const paths = known ?? names.filter((name) => name.startsWith(hostname)).map((name) => `${directory}/${name}`);
    const found = await mapBounded(paths, async (path): Promise<Registered | undefined> => {
      const there = await ifPresent(this.#zk.get(path));
      if (there === undefined || there.stat.ephemeralOwner !== sessionId) return undefined;
      if (known === undefined && !there.data.equals(data)) return undefined;
      return { path, sessionId, version: there.stat.version, data: there.data };
    });
    this.#registered = found.find((candidate) => candidate !== undefined);
  }
}
