import { isOver, type Lease, leaseRequestorPrefix, type Node, type NodeRequest } from '@nodepool/model';
import { type Clock, errorCode, nowSec, type Random } from '@nodepool/runtime';
import type { LeaseCache, LeaseChange, Store, StoreCaches, Stored } from '@nodepool/store';
import { LeaseError } from '../errors.js';
import { changeMachine, holdUntil, isLeased, isLost, worst } from '../machines.js';
import { fingerprintOf, type LeaseWish, leaseIdOf } from './ask.js';
import { LeaseFollower } from './lease-follower.js';

/** Who asks. */
export interface Lessee {
  /** Name of the token. */
  readonly name: string;
  /** May see and end the leases of others. */
  readonly isAdmin: boolean;
  /** How much the token may have at once; no limit where absent. */
  readonly maxLeases?: number | undefined;
  readonly maxMachines?: number | undefined;
}

export interface LeaseServiceDeps {
  readonly store: Pick<Store, 'leases' | 'nodes' | 'requests'>;
  readonly caches: Pick<StoreCaches, 'nodes' | 'requests' | 'components'>;
  readonly leases: LeaseCache;
  readonly clock: Clock;
  readonly random: Random;
  /** Seconds for which any node may be held; 0 is unlimited. */
  readonly maxHoldAgeSec: () => number;
}

/** The priority that Zuul gives to its ordinary requests. */
const priority = '100';

/** How often a write is tried that somebody else comes before. */
const attempts = 5;
const overtaken: ReadonlySet<string> = new Set(['NP_CONFLICT', 'NP_LOCK_LOST', 'NP_LEASE_BUSY']);

/** What calls do with leases. Every launcher offers it; all that it decides on is in ZooKeeper. */
export class LeaseService {
  readonly #deps: LeaseServiceDeps;
  /** Machines of leases that are being made, by owner: two calls at once do not pass one limit together. */
  readonly #making = new Map<string, { leases: number; machines: number }>();

  constructor(deps: LeaseServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Makes a lease and asks for its machines; does not wait for them.
   *
   * @param key the same key of the same owner is the same lease, however often it is sent; for an hour after its end.
   * @throws LeaseError NP_LEASE_KEY, NP_LEASE_LABEL, NP_LEASE_LIMIT.
   */
  async ask(lessee: Lessee, wish: LeaseWish, key?: string): Promise<Lease> {
    const { store, random, maxHoldAgeSec } = this.#deps;
    const id = key === undefined ? random.hexId() : leaseIdOf(lessee.name, key);
    const fingerprint = fingerprintOf(wish);
    const known = key === undefined ? undefined : await store.leases.get(id);
    if (known !== undefined) return asAskedBefore(known.record, fingerprint);
    this.#checkLabels(wish.labels);
    using _room = this.#takeRoom(lessee, wish.labels.length);
    const longestSec = maxHoldAgeSec();
    const lease = {
      id,
      owner: lessee.name,
      labels: wish.labels,
      provider: wish.provider ?? null,
      comment: wish.comment ?? null,
      ttlSec: longestSec > 0 ? Math.min(wish.ttlSec, longestSec) : wish.ttlSec,
      fingerprint,
      nonce: random.hexId(),
    };
    const made = await store.leases.create(lease, this.#requestFor(lease), { priority });
    if (made !== undefined) return made.record;
    const other = await store.leases.get(id);
    if (other === undefined) throw new LeaseError('NP_LEASE_UNKNOWN', 'the lease was removed as soon as it was made');
    return asAskedBefore(other.record, fingerprint);
  }

  /** @throws LeaseError NP_LEASE_UNKNOWN. */
  async get(lessee: Lessee, id: string): Promise<Lease> {
    return (await this.#known(lessee, id)).record;
  }

  /** Those of the caller; all for an admin. As the cache has them. */
  *list(lessee: Lessee): Iterable<Lease> {
    const { leases } = this.#deps;
    for (const { record } of lessee.isAdmin ? leases.all() : leases.ofOwner(lessee.name)) yield record;
  }

  /**
   * A sign of life: the lease ends `ttl` from now. The machines first, so that none ends before its lease.
   *
   * @throws LeaseError NP_LEASE_UNKNOWN, NP_LEASE_OVER, NP_LEASE_BUSY.
   */
  async extend(lessee: Lessee, id: string): Promise<Lease> {
    return await this.#retrying(lessee, id, async (seen) => {
      const { record: lease } = seen;
      const { store, clock } = this.#deps;
      const expiresSec = nowSec(clock) + lease.ttlSec;
      if (lease.expiresSec <= nowSec(clock)) throw over(lease);
      if (lease.state === 'waiting') return await store.leases.update(seen, { expiresSec });
      if (lease.state !== 'active') throw over(lease);
      if (!(await this.#extendMachines(lease, expiresSec))) throw over(lease);
      return await store.leases.update(seen, { expiresSec });
    });
  }

  /**
   * Gives everything back; resolves when that is on its way. Once more does no harm.
   *
   * @throws LeaseError NP_LEASE_UNKNOWN, NP_LEASE_BUSY.
   */
  async release(lessee: Lessee, id: string): Promise<Lease> {
    return await this.#retrying(lessee, id, async (seen) => {
      if (isOver(seen.record) || seen.record.state === 'releasing') return seen;
      const by = lessee.name === seen.record.owner ? 'its owner' : lessee.name;
      const change: LeaseChange = { state: 'releasing', outcome: 'released', reason: `given back by ${by}` };
      return await this.#deps.store.leases.update(seen, change);
    });
  }

  /**
   * Waits until the machines are ready, or it is clear that they will not be, or the time is over. As long as somebody
   * waits the lease does not expire.
   *
   * @param onProgress called now and whenever something about the lease has changed.
   * @returns the lease as it is then; it tells which of them it was.
   */
  async wait(
    lessee: Lessee,
    lease: Lease,
    options: { readonly waitMs: number; readonly signal: AbortSignal; readonly onProgress?: (lease: Lease) => void },
  ): Promise<Lease> {
    const extend = async (): Promise<void> => {
      await this.extend(lessee, lease.id);
    };
    return await new LeaseFollower(this.#deps, extend).follow(lease, options);
  }

  /** The machines of a lease in the order of its labels; one that is gone is left out. From the server where that may know more. */
  async machines(lease: Lease): Promise<readonly { readonly label: string; readonly node: Node }[]> {
    const { store, caches } = this.#deps;
    const found = await Promise.all(
      lease.nodes.map(async (id, index) => {
        const cached = caches.nodes.get(id)?.record;
        const node = cached?.state === 'hold' ? cached : (await store.nodes.get(id))?.record;
        const label = lease.labels[index];
        return node === undefined || label === undefined || isLost(lease, node) ? undefined : { label, node };
      }),
    );
    return found.filter((machine) => machine !== undefined);
  }

  /** How far a lease that waits has come. */
  progress({ requestId }: Lease): { readonly request: NodeRequest | undefined; readonly nodes: readonly Node[] } {
    const { caches } = this.#deps;
    if (requestId === null) return { request: undefined, nodes: [] };
    const nodes = Array.from(caches.nodes.allocatedTo(requestId), ({ record }) => record);
    return { request: caches.requests.get(requestId)?.record, nodes };
  }

  async #extendMachines(lease: Lease, expiresSec: number): Promise<boolean> {
    const { store, clock } = this.#deps;
    const outcomes = await Promise.all(
      lease.nodes.map((id) =>
        changeMachine(store, id, (node) => {
          if (isLost(lease, node)) return 'gone';
          // Somebody keeps it for himself, for as long as he said.
          return isLeased(lease, node) ? holdUntil(lease, expiresSec, clock.now()) : 'keep';
        }),
      ),
    );
    if (worst(outcomes) === 'busy') throw busy(lease.id);
    return worst(outcomes) === 'done';
  }

  async #known(lessee: Lessee, id: string): Promise<Stored<Lease>> {
    const found = await this.#deps.store.leases.get(id);
    if (found !== undefined && (lessee.isAdmin || found.record.owner === lessee.name)) return found;
    throw new LeaseError('NP_LEASE_UNKNOWN', `there is no lease ${id} of ${lessee.name}`);
  }

  /** Conditional writes, again on what somebody else has written meanwhile. */
  async #retrying(lessee: Lessee, id: string, write: (seen: Stored<Lease>) => Promise<Stored<Lease>>): Promise<Lease> {
    for (let attempt = 1; ; attempt += 1) {
      const seen = await this.#known(lessee, id);
      try {
        return (await write(seen)).record;
      } catch (error) {
        if (!overtaken.has(errorCode(error) ?? '')) throw error;
        if (attempt === attempts) throw busy(id, error);
      }
    }
  }

  #requestFor({
    owner,
    labels,
    provider,
    nonce,
  }: Pick<Lease, 'owner' | 'labels' | 'provider' | 'nonce'>): Parameters<Store['leases']['create']>[1] {
    return {
      createdTimeSec: nowSec(this.#deps.clock),
      nodeTypes: labels,
      reuse: true,
      requestor: `${leaseRequestorPrefix}${owner}`,
      provider,
      relativePriority: 0,
      eventId: nonce,
      tenantName: null,
    };
  }

  /** A label that is misspelt would wait until the lease expires, and its owner would learn nothing. */
  #checkLabels(labels: readonly string[]): void {
    const offered = new Set(Array.from(this.#deps.caches.components.pools(), (pool) => pool.supportedLabels).flat());
    const unknown = labels.find((label) => !offered.has(label));
    if (unknown !== undefined) throw new LeaseError('NP_LEASE_LABEL', `no running pool offers label ${unknown}`);
  }

  /** @throws LeaseError NP_LEASE_LIMIT. */
  #takeRoom({ name, maxLeases, maxMachines }: Lessee, machines: number): Disposable {
    const making = this.#making.get(name) ?? { leases: 0, machines: 0 };
    const open = [...this.#deps.leases.ofOwner(name)].filter(({ record }) => !isOver(record));
    const leases = making.leases + open.length + 1;
    const all = open.reduce((sum, { record }) => sum + record.labels.length, making.machines + machines);
    if (maxLeases !== undefined && leases > maxLeases) throw full(`${name} may have ${maxLeases} leases at once`);
    if (maxMachines !== undefined && all > maxMachines) throw full(`${name} may lease ${maxMachines} machines at once`);
    this.#making.set(name, { leases: making.leases + 1, machines: making.machines + machines });
    return {
      [Symbol.dispose]: () => {
        const now = this.#making.get(name);
        if (now === undefined) return;
        const rest = { leases: now.leases - 1, machines: now.machines - machines };
        if (rest.leases === 0) this.#making.delete(name);
        else this.#making.set(name, rest);
      },
    };
  }
}

function asAskedBefore(lease: Lease, fingerprint: string): Lease {
  if (lease.fingerprint === fingerprint) return lease;
  throw new LeaseError('NP_LEASE_KEY', `the key belongs to lease ${lease.id}; take a new key for other machines`);
}

function over({ id, reason }: Lease): LeaseError {
  return new LeaseError('NP_LEASE_OVER', `lease ${id} has ended${reason === null ? '' : `: ${reason}`}`);
}

function busy(id: string, cause?: unknown): LeaseError {
  return new LeaseError('NP_LEASE_BUSY', `somebody else works on lease ${id}; call again`, { cause });
}

function full(detail: string): LeaseError {
  return new LeaseError('NP_LEASE_LIMIT', `${detail}; give some back first`);
}
