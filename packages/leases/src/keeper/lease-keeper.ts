import { leaseRequestorPrefix, type NodeRequest } from '@nodepool/model';
import { type Clock, type Decision, type Logger, type Reconciler, Wakeup } from '@nodepool/runtime';
import type { CacheChange, CachedNode, CachedRequest, LeaseCache, Store, StoreCaches } from '@nodepool/store';
import { decideLease, type LeaseView } from './decide.js';
import { executeStep, leaseOf } from './execute.js';

export interface LeaseKeeperDeps {
  readonly store: Pick<Store, 'leases' | 'nodes' | 'requests'>;
  readonly caches: Pick<StoreCaches, 'nodes' | 'requests'>;
  readonly leases: LeaseCache;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a lease is left to other launchers first, milliseconds; 0 when it is our turn. */
  readonly delayMs: (leaseId: string) => number;
  readonly online: () => boolean;
}

/** After a step that could not be made, or a failure. */
const pauseMs = 1_000;
/** A request without its lease may be newer than what the cache knows of leases. */
const strayGraceMs = 10_000;

/**
 * Brings every lease on its way, whoever made it: hands machines out, ends what nobody uses, gives machines back. Each
 * launcher runs one; they take turns, and where two meet, locks and versions decide.
 */
export class LeaseKeeper implements Reconciler<ReadonlyMap<string, number>, string> {
  readonly name = 'leases';
  readonly wakeup: Wakeup;
  readonly #deps: LeaseKeeperDeps;
  /** When each lease is to be looked at, monotonic milliseconds. */
  readonly #due = new Map<string, number>();
  /** Requests by the lease that they were made for. */
  readonly #requests = new Map<string, string>();
  readonly #busy = new Set<string>();

  constructor(deps: LeaseKeeperDeps) {
    this.#deps = deps;
    this.wakeup = new Wakeup(deps.clock);
  }

  /** Follows the caches until it is disposed of. */
  follow(): Disposable {
    const { caches, leases } = this.#deps;
    const subscriptions = new DisposableStack();
    subscriptions.use(leases.onChange(({ before, after }) => this.#consider((after ?? before)?.record.id)));
    subscriptions.use(caches.requests.onChange((change) => this.#requestChanged(change)));
    subscriptions.use(caches.nodes.onChange((change) => this.#nodeChanged(change)));
    for (const request of caches.requests.all()) this.#requestChanged({ before: undefined, after: request });
    this.considerAll();
    return subscriptions;
  }

  considerAll(): void {
    for (const { record } of this.#deps.leases.all()) this.#consider(record.id);
  }

  observe(): ReadonlyMap<string, number> {
    return this.#deps.online() ? this.#due : new Map();
  }

  decide(due: ReadonlyMap<string, number>): Decision<string> {
    const nowMs = this.#deps.clock.monotonicMs();
    const actions: string[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [id, dueMs] of due) {
      if (dueMs <= nowMs) actions.push(id);
      else nextMs = Math.min(nextMs, dueMs);
    }
    return { actions, recheckAfterMs: Number.isFinite(nextMs) ? nextMs - nowMs : undefined };
  }

  async execute(id: string): Promise<void> {
    this.#due.delete(id);
    this.#busy.add(id);
    let done = false;
    try {
      done = await this.#step(id);
    } catch (error) {
      this.#deps.log.warn({ leaseId: id, error }, 'step with lease failed');
    }
    this.#busy.delete(id);
    // What happened while it was busy went unnoticed.
    this.#consider(id, done ? 0 : pauseMs);
  }

  async #step(id: string): Promise<boolean> {
    const { leases, caches, clock } = this.#deps;
    const seen = leases.get(id);
    if (seen === undefined) return await this.#dropStray(id);
    const { step } = decideLease(this.#view(seen.record), clock.now());
    if (step === undefined) return true;
    const allocatedTo = (requestId: string): readonly string[] =>
      Array.from(caches.nodes.allocatedTo(requestId), ({ record }) => record.id);
    const requestNaming = (leaseId: string): string | undefined => this.#requests.get(leaseId);
    return await executeStep({ ...this.#deps, allocatedTo, requestNaming }, seen, step);
  }

  /** A request without its lease: somebody has removed the record by hand. */
  async #dropStray(leaseId: string): Promise<boolean> {
    const { store, log } = this.#deps;
    const requestId = this.#requests.get(leaseId);
    if (requestId === undefined) return true;
    if ((await store.leases.get(leaseId)) !== undefined) return false;
    log.info({ leaseId, requestId }, 'removed request without its lease');
    await store.requests.remove(requestId);
    return true;
  }

  #requestChanged({ before, after }: CacheChange<CachedRequest>): void {
    const record = (after ?? before)?.record;
    const leaseId = record === undefined ? undefined : namedLease(record);
    if (record === undefined || leaseId === undefined) return;
    if (after === undefined) this.#requests.delete(leaseId);
    else this.#requests.set(leaseId, record.id);
    this.#consider(leaseId);
  }

  #nodeChanged({ before, after }: CacheChange<CachedNode>): void {
    const requestId = (after ?? before)?.record.allocatedTo ?? null;
    if (requestId !== null) this.#consider(this.#deps.leases.ofRequest(requestId)?.record.id);
  }

  #consider(id: string | undefined, atLeastMs = 0): void {
    if (id === undefined || this.#busy.has(id)) return;
    const { clock, delayMs } = this.#deps;
    const waitMs = this.#waitMs(id);
    if (waitMs === undefined) {
      this.#due.delete(id);
      return;
    }
    this.#due.set(id, clock.monotonicMs() + Math.max(waitMs + delayMs(id), atLeastMs));
    this.wakeup.mark();
  }

  /** How long until the lease needs something, milliseconds; undefined when there is nothing to wait for. */
  #waitMs(id: string): number | undefined {
    const { leases, clock } = this.#deps;
    const seen = leases.get(id);
    if (seen === undefined) return this.#requests.has(id) ? strayGraceMs : undefined;
    const nowMs = clock.now();
    return Math.max(0, decideLease(this.#view(seen.record), nowMs).atMs - nowMs);
  }

  #view(lease: LeaseView['lease']): LeaseView {
    const { caches } = this.#deps;
    const requestId = lease.requestId ?? '';
    return {
      lease,
      request: caches.requests.get(requestId)?.record,
      nodes: Array.from(caches.nodes.allocatedTo(requestId), ({ record }) => record),
    };
  }
}

function namedLease(request: NodeRequest): string | undefined {
  return request.requestor?.startsWith(leaseRequestorPrefix) === true ? leaseOf(request) : undefined;
}
