import type { Lease, NewNodeRequest } from '@nodepool/model';
import { type Clock, type Logger, nowSec } from '@nodepool/runtime';
import { isZooKeeperError, type MultiOp, type MultiResult, TreeCache } from '@nodepool/zookeeper';
import { WatchedLeases } from './caches/lease-cache.js';
import { leaseCodec } from './codec/lease.js';
import { isUnreadable, Snapshot } from './codec/record.js';
import { requestCodec } from './codec/request.js';
import { StoreError } from './errors.js';
import { findWritten } from './held-record.js';
import { commit, throughLosses } from './losses.js';
import { baseName, isZnodeName, leasePath, roots } from './paths.js';
import { read, readRecord } from './records.js';
import type { CacheChange, Stored } from './types.js';
import type { Writer } from './writer.js';

/** A lease before it is stored; its id is chosen by who asks, so that asking twice is one lease. */
export type NewLease = Pick<
  Lease,
  'id' | 'owner' | 'labels' | 'provider' | 'comment' | 'ttlSec' | 'fingerprint' | 'nonce'
>;

export type LeaseChange = Partial<Pick<Lease, 'state' | 'expiresSec' | 'requestId' | 'nodes' | 'outcome' | 'reason'>>;

/** Leases in memory, kept current by a watch. */
export interface LeaseCache extends AsyncDisposable {
  get(id: string): Stored<Lease> | undefined;
  all(): Iterable<Stored<Lease>>;
  ofOwner(owner: string): Iterable<Stored<Lease>>;
  ofRequest(requestId: string): Stored<Lease> | undefined;
  onChange(listener: (change: CacheChange<Stored<Lease>>) => void): Disposable;
}

export interface LeaseStore {
  /**
   * Stores a lease together with the node request behind it: there are both or neither. The data of the requestor get
   * the id of the lease, by which the request is found again.
   *
   * @returns undefined when there is a lease of this id.
   */
  create(
    lease: NewLease,
    request: Omit<NewNodeRequest, 'requestorData'>,
    options: { readonly priority: string },
  ): Promise<Stored<Lease> | undefined>;
  /** From the server. @throws `NP_RECORD_UNREADABLE`. */
  get(id: string): Promise<Stored<Lease> | undefined>;
  /** Conditional on the version read. @throws `NP_CONFLICT`, `NP_RECORD_GONE`. */
  update(seen: Stored<Lease>, change: LeaseChange): Promise<Stored<Lease>>;
  /** Removes the record unless it was changed meanwhile. */
  remove(seen: Stored<Lease>): Promise<void>;
  /** Watches all leases; resolves when they were read. */
  watch(signal?: AbortSignal): Promise<LeaseCache>;
}

export interface LeaseStoreOptions {
  readonly writer: Writer;
  readonly clock: Clock;
  readonly log: Logger;
}

export function openLeaseStore(options: LeaseStoreOptions): LeaseStore {
  return new ZooKeeperLeases(options);
}

class ZooKeeperLeases implements LeaseStore {
  readonly #options: LeaseStoreOptions;

  constructor(options: LeaseStoreOptions) {
    this.#options = options;
  }

  async create(
    lease: NewLease,
    request: Parameters<LeaseStore['create']>[1],
    { priority }: { readonly priority: string },
  ): Promise<Stored<Lease> | undefined> {
    const nowInSec = nowSec(this.#options.clock);
    const data = leaseCodec.encodeNew({
      ...lease,
      state: 'waiting',
      stateTimeSec: nowInSec,
      createdTimeSec: nowInSec,
      expiresSec: nowInSec + lease.ttlSec,
      requestId: null,
      nodes: [],
      outcome: null,
      reason: null,
    });
    const requestData = requestCodec.encodeNew({
      ...request,
      requestorData: { lease: lease.id },
      state: 'requested',
      stateTimeSec: nowInSec,
      nodes: [],
      declinedBy: [],
    });
    const path = leasePath(lease.id);
    const ops: readonly MultiOp[] = [
      { op: 'create', path, data },
      { op: 'create', path: `${roots.requests}/${priority}-`, data: requestData, mode: 'persistent-sequential' },
    ];
    const results = await this.#createBoth(lease, ops);
    if (results === undefined) return undefined;
    const [made, requested] = results;
    if (made?.op !== 'create' || requested?.op !== 'create') return this.get(lease.id);
    const stored = this.#decoded(path, data, made.stat);
    return await this.#name(stored, baseName(requested.path));
  }

  async get(id: string): Promise<Stored<Lease> | undefined> {
    return isZnodeName(id) ? readRecord(this.#options.writer.zk, leaseCodec, leasePath(id)) : undefined;
  }

  async update(seen: Stored<Lease>, change: LeaseChange): Promise<Stored<Lease>> {
    const { writer, clock } = this.#options;
    const path = leasePath(seen.record.id);
    const timed = change.state === undefined ? change : { ...change, stateTimeSec: nowSec(clock) };
    const data = leaseCodec.encodeChange(await this.#asRead(path, seen), timed);
    const set: MultiOp = { op: 'set', path, data, version: seen.version };
    const [result] = await this.#conditionally(path, [set], async () => {
      const stat = await findWritten(writer, path, data, seen.version + 1);
      return stat === undefined ? undefined : [{ op: 'set', stat }];
    });
    if (result?.op !== 'set') throw new TypeError('a set was answered with something else');
    return this.#decoded(path, data, result.stat);
  }

  async remove(seen: Stored<Lease>): Promise<void> {
    const { zk } = this.#options.writer;
    const path = leasePath(seen.record.id);
    try {
      await this.#conditionally(path, [{ op: 'delete', path, version: seen.version }], async () =>
        (await zk.exists(path)) === undefined ? [] : undefined,
      );
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  async watch(signal?: AbortSignal): Promise<LeaseCache> {
    const { writer, log } = this.#options;
    const leases = new WatchedLeases();
    const tree = new TreeCache(writer.zk, {
      root: roots.leases,
      onChange: (path, entry) => leases.apply(path, entry),
      onError: (error, path) => log.warn({ path, error }, 'znode not read'),
    });
    const attached = writer.attach(tree, roots.leases);
    const close = async (): Promise<void> => {
      attached[Symbol.dispose]();
      await tree[Symbol.asyncDispose]();
    };
    try {
      await tree.ready(signal);
    } catch (error) {
      await close();
      throw error;
    }
    return Object.assign(leases, { [Symbol.asyncDispose]: close });
  }

  /** Undefined when the lease exists and is not ours; empty when it is ours and the cut hides the rest. */
  async #createBoth(lease: NewLease, ops: readonly MultiOp[]): Promise<readonly MultiResult[] | undefined> {
    const { writer } = this.#options;
    const once = (): Promise<readonly MultiResult[]> =>
      commit(writer.zk, (all) => writer.multi(all), ops, {
        recover: async () => ((await this.get(lease.id))?.record.nonce === lease.nonce ? [] : undefined),
      });
    try {
      return await once().catch(async (error: unknown) => {
        if (!isZooKeeperError(error, 'ZK_NO_NODE')) throw error;
        for (const root of [roots.leases, roots.requests]) {
          await throughLosses(writer.zk, () => writer.zk.ensurePath(root));
        }
        return await once();
      });
    } catch (error) {
      if (isZooKeeperError(error, 'ZK_NODE_EXISTS')) return undefined;
      throw error;
    }
  }

  /** Notes which request stands behind a lease; whoever was faster has noted it as well. */
  async #name(stored: Stored<Lease>, requestId: string): Promise<Stored<Lease> | undefined> {
    try {
      return await this.update(stored, { requestId });
    } catch (error) {
      if (error instanceof StoreError) return await this.get(stored.record.id);
      throw error;
    }
  }

  async #conditionally(
    path: string,
    ops: readonly MultiOp[],
    recover: () => Promise<readonly MultiResult[] | undefined>,
  ): Promise<readonly MultiResult[]> {
    const { writer } = this.#options;
    try {
      return await commit(writer.zk, (all) => writer.multi(all), ops, { recover });
    } catch (error) {
      const doing = `writing ${path}`;
      if (isZooKeeperError(error, 'ZK_NO_NODE')) throw new StoreError('NP_RECORD_GONE', doing, { cause: error });
      if (isZooKeeperError(error, 'ZK_BAD_VERSION')) throw new StoreError('NP_CONFLICT', doing, { cause: error });
      throw error;
    }
  }

  async #asRead(path: string, seen: Stored<Lease>): Promise<Snapshot<Lease>> {
    if (seen instanceof Snapshot) return seen;
    const found = await read(this.#options.writer.zk, leaseCodec, path);
    if (found === undefined) throw new StoreError('NP_RECORD_GONE', `writing ${path}`);
    if (isUnreadable(found) || found.version !== seen.version) throw new StoreError('NP_CONFLICT', `writing ${path}`);
    return found;
  }

  #decoded(path: string, data: Uint8Array, stat: Parameters<typeof leaseCodec.decode>[2]): Stored<Lease> {
    const decoded = leaseCodec.decode(path, data, stat);
    if (isUnreadable(decoded)) throw new StoreError('NP_RECORD_UNREADABLE', `reading ${path} back`);
    return decoded;
  }
}
