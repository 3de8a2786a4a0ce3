import type { Lease, Node, NodeRequest } from '@nodepool/model';
import { aNode } from '@nodepool/model/testing';
import { type Random, runReconciler } from '@nodepool/runtime';
import { FakeClock, recordLog, seededRandom, settle } from '@nodepool/runtime/testing';
import type { HeldNode, Store } from '@nodepool/store';
import { type MemoryStore, openMemoryStore } from '@nodepool/store/memory';
import { LeaseKeeper } from '../keeper/lease-keeper.js';
import { LeaseService, type Lessee } from '../service/lease-service.js';

/** What a launcher does about leases, without the rest of it. */
export interface TestKeeper {
  readonly service: LeaseService;
  readonly store: Store;
  readonly zk: MemoryStore['zk'];
  /** As `kill -9`, seen from ZooKeeper once the session has timed out. */
  kill(): Promise<void>;
}

export const ci: Lessee = { name: 'ci', isAdmin: false };
export const admin: Lessee = { name: 'root', isAdmin: true };

/** A tree, a clock, keepers, and hands that do what launchers do about requests and nodes. */
export class LeaseWorld implements AsyncDisposable {
  readonly clock = new FakeClock(1_000_000_000);
  readonly store: Store;
  readonly log = recordLog();
  readonly #memory: MemoryStore;
  readonly #random: Random;
  readonly #stops: (() => Promise<void>)[] = [];

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
    this.#memory = openMemoryStore({ clock: this.clock, random: this.#random });
    this.store = this.#memory.store;
  }

  /** @param delayMs how long it leaves leases to others. */
  async keeper(delayMs = 0, options: { readonly maxHoldAgeSec?: number } = {}): Promise<TestKeeper> {
    const { clock } = this;
    const random = this.#random;
    const { store, zk } = openMemoryStore({ clock, random, ensemble: this.#memory.ensemble });
    const caches = await store.openCaches({ resourcesOf: () => ({}) });
    const leases = await store.leases.watch();
    const online = (): boolean => store.session.state === 'connected';
    const keeper = new LeaseKeeper({ store, caches, leases, clock, log: this.log, delayMs: () => delayMs, online });
    const following = keeper.follow();
    const stopping = new AbortController();
    const running = runReconciler(keeper, { clock, log: this.log, wakeup: keeper.wakeup }, stopping.signal);
    const stop = async (): Promise<void> => {
      stopping.abort();
      following[Symbol.dispose]();
      await zk.close();
      await settle();
    };
    this.#stops.push(async () => {
      await stop();
      await running;
    });
    const maxHoldAgeSec = (): number => options.maxHoldAgeSec ?? 0;
    const service = new LeaseService({ store, caches, leases, clock, random, maxHoldAgeSec });
    await settle();
    return {
      service,
      store,
      zk,
      kill: async () => {
        zk.suspend();
        await stop();
      },
    };
  }

  /** A pool offers labels `small` and `large`. */
  async pool(): Promise<void> {
    await this.store.components.register({
      kind: 'pool',
      hostname: 'nl01',
      state: 'running',
      version: null,
      modelApi: 0,
      id: 'nl01-PoolWorker.cloud-a-main-0',
      name: 'main',
      providerName: 'cloud-a',
      supportedLabels: ['small', 'large'],
      priority: 100,
      paused: false,
    });
    await settle();
  }

  /** Fulfils a request as a launcher does: its nodes ready, promised to it and unlocked. */
  async fulfil(requestId: string): Promise<readonly string[]> {
    const seen = await this.store.requests.get(requestId);
    const held = seen === undefined ? undefined : await this.store.requests.accept(seen);
    if (held === undefined) throw new Error('the request cannot be accepted');
    const { id: _id, state: _state, stateTimeSec: _time, createdTimeSec: _created, ...plain } = aNode();
    const nodes: HeldNode[] = [];
    for (const label of held.request.nodeTypes) {
      const node = await this.store.nodes.create({ ...plain, type: [label], allocatedTo: requestId });
      await node.update({ state: 'ready', hostKeys: ['ssh-ed25519 AAAA'] });
      nodes.push(node);
    }
    await this.store.requests.fulfil(held, nodes);
    await settle();
    return nodes.map(({ id }) => id);
  }

  async fail(requestId: string): Promise<void> {
    const held = await this.store.requests.lock(requestId);
    await held?.updateAndRelease({ state: 'failed' });
    await settle();
  }

  async lease(id: string): Promise<Lease | undefined> {
    return (await this.store.leases.get(id))?.record;
  }

  async nodes(): Promise<readonly Node[]> {
    return (await this.store.nodes.list()).nodes.map(({ record }) => record);
  }

  async requests(): Promise<readonly NodeRequest[]> {
    return (await this.store.requests.list()).requests.map(({ record }) => record);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stops = this.#stops.map((stop) => stop());
    await this.clock.advance(1_000);
    await Promise.all(stops);
    await this.#memory.zk.close();
  }
}
