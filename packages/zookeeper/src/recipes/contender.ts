import { isZooKeeperError, ZooKeeperError } from '../errors.js';
import { baseName, joinPath, parentPath } from '../paths.js';
import type { Random } from '../random.js';
import type { MultiOp, MultiResult, ZooKeeper } from '../types.js';
import { childPrefix } from './lock-names.js';
import { deleteSurely, repeatable } from './waiting.js';

/**
 * What to do about a missing lock directory: `parents` makes the whole path; `last` makes only the directory itself and
 * takes a missing parent as "there is nothing to lock".
 */
export type Ensure = 'parents' | 'last';

export interface ContenderOptions {
  /** Who we are, for people who look at the child. */
  readonly identifier?: string;
  readonly random: Random;
  readonly signal?: AbortSignal;
}

/** Our child in a lock directory, and who else was there. */
export interface Entry {
  readonly name: string;
  readonly names: readonly string[];
  readonly sessionId: bigint;
}

const directoryRounds = 10;
const noData = Buffer.alloc(0);

/** One attempt of ours at a lock: makes the child, finds it again after a cut, removes it. */
export class Contender {
  readonly #zk: ZooKeeper;
  readonly #directory: string;
  readonly #prefix: string;
  readonly #data: Buffer;
  readonly #signal: AbortSignal | undefined;

  constructor(zk: ZooKeeper, directory: string, options: ContenderOptions) {
    this.#zk = zk;
    this.#directory = directory;
    this.#prefix = childPrefix(options.random.hexId());
    this.#data = Buffer.from(options.identifier ?? '');
    this.#signal = options.signal;
  }

  /** Makes the directory and our child in it. Who succeeds is the only contender. */
  createOps(): [MultiOp, MultiOp] {
    const path = joinPath(this.#directory, this.#prefix);
    return [
      { op: 'create', path: this.#directory, data: noData },
      { op: 'create', path, data: this.#data, mode: 'ephemeral-sequential' },
    ];
  }

  /**
   * Finds our child among the results of a multi that held {@link Contender.createOps}.
   *
   * @throws ZooKeeperError `ZK_BAD_ARGUMENTS` when they are those of another multi.
   */
  created(results: readonly MultiResult[]): { readonly path: string; readonly sessionId: bigint } {
    const start = joinPath(this.#directory, this.#prefix);
    for (const result of results) {
      if (result.op === 'create' && result.path.startsWith(start)) {
        return { path: result.path, sessionId: result.stat.ephemeralOwner };
      }
    }
    throw new ZooKeeperError('ZK_BAD_ARGUMENTS', { path: this.#directory, detail: 'results of another multi' });
  }

  /** @returns our child; undefined when what should be locked does not exist (`last` only). */
  async enter(ensure: Ensure): Promise<Entry | undefined> {
    for (let round = 0; round < directoryRounds; round += 1) {
      const entry = (await this.#enterExisting()) ?? (await this.#enterNew(ensure));
      if (entry !== 'again') return entry === 'gone' ? undefined : entry;
    }
    throw new ZooKeeperError('ZK_NO_NODE', { path: this.#directory, detail: 'others keep removing it' });
  }

  /** The children of the moment; none when the directory was removed, ours included. */
  async list(): Promise<readonly string[]> {
    try {
      return await repeatable(this.#zk, this.#signal, async () => {
        const { children } = await this.#zk.children(this.#directory, this.#options());
        return children;
      });
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NO_NODE')) return [];
      throw error;
    }
  }

  /** Removes whatever there is of us, even if we do not know its name; goes on through cuts until the session ends. */
  async withdraw(): Promise<void> {
    try {
      await this.#zk.connected();
      for (const name of await repeatable(this.#zk, undefined, () => this.#findOwn(undefined))) {
        await deleteSurely(this.#zk, joinPath(this.#directory, name));
      }
    } catch (error) {
      if (!isZooKeeperError(error, 'ZK_NO_NODE', 'ZK_SESSION_EXPIRED', 'ZK_CLOSED')) throw error;
    }
  }

  /** One round trip: the list is read behind the create. Undefined when there is no directory. */
  async #enterExisting(): Promise<Entry | undefined> {
    const path = joinPath(this.#directory, this.#prefix);
    const [created, listed] = await Promise.allSettled([
      this.#zk.create(path, this.#data, { mode: 'ephemeral-sequential', ...this.#options() }),
      this.#zk.children(this.#directory, this.#options()),
    ]);
    if (created.status === 'rejected') {
      if (isZooKeeperError(created.reason, 'ZK_NO_NODE')) return undefined;
      return this.#afterLoss(created.reason);
    }
    const { path: child, stat } = created.value;
    const names = listed.status === 'fulfilled' ? listed.value.children : await this.#listAfter(listed.reason);
    return { name: baseName(child), names, sessionId: stat.ephemeralOwner };
  }

  async #enterNew(ensure: Ensure): Promise<Entry | 'gone' | 'again'> {
    if (ensure === 'parents') {
      const parent = parentPath(this.#directory);
      await repeatable(this.#zk, this.#signal, () => this.#zk.ensurePath(parent, this.#options()));
    }
    try {
      const { path, sessionId } = this.created(await this.#zk.multi(this.createOps(), this.#options()));
      return { name: baseName(path), names: [baseName(path)], sessionId };
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NODE_EXISTS')) return 'again';
      if (isZooKeeperError(error, 'ZK_NO_NODE')) return ensure === 'last' ? 'gone' : 'again';
      return (await this.#afterLoss(error)) ?? 'again';
    }
  }

  async #listAfter(reason: unknown): Promise<readonly string[]> {
    if (isZooKeeperError(reason, 'ZK_NO_NODE')) return [];
    if (!isZooKeeperError(reason, 'ZK_CONNECTION_LOSS')) throw reason;
    this.#signal?.throwIfAborted();
    await this.#zk.connected(this.#signal);
    return this.list();
  }

  /** The child may have been made although its answer was lost: look for it before making another. */
  async #afterLoss(reason: unknown): Promise<Entry | undefined> {
    if (!isZooKeeperError(reason, 'ZK_CONNECTION_LOSS')) throw reason;
    this.#signal?.throwIfAborted();
    await this.#zk.connected(this.#signal);
    return repeatable(this.#zk, this.#signal, async () => {
      try {
        const [name] = await this.#findOwn(this.#signal);
        if (name === undefined) return undefined;
        const stat = await this.#zk.exists(joinPath(this.#directory, name), this.#options());
        return stat === undefined ? undefined : { name, names: await this.list(), sessionId: stat.ephemeralOwner };
      } catch (error) {
        if (isZooKeeperError(error, 'ZK_NO_NODE')) return undefined;
        throw error;
      }
    });
  }

  /** The server we are connected to now may lag behind the one that took the create: hence the sync. */
  async #findOwn(signal: AbortSignal | undefined): Promise<string[]> {
    const options = signal === undefined ? {} : { signal };
    const [, { children }] = await Promise.all([
      this.#zk.sync(this.#directory, options),
      this.#zk.children(this.#directory, options),
    ]);
    return children.filter((name) => name.startsWith(this.#prefix));
  }

  #options(): { readonly signal?: AbortSignal } {
    return this.#signal === undefined ? {} : { signal: this.#signal };
  }
}
