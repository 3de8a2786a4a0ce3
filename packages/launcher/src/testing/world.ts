import type { Config } from '@nodepool/config';
import type { Node, NodeRequest } from '@nodepool/model';
import { aRequest } from '@nodepool/model/testing';
import { type Metrics, noMetrics, type Random, type Tracer } from '@nodepool/runtime';
import { FakeClock, recordLog, seededRandom, settle } from '@nodepool/runtime/testing';
import type { HeldNode, Store } from '@nodepool/store';
import { type MemoryStore, openMemoryStore } from '@nodepool/store/memory';
import { type Launcher, startLauncher } from '../launcher.js';
import { aConfig } from './a-config.js';
import { ScriptedCloud } from './scripted-cloud.js';

export interface RunningTestLauncher extends Launcher {
  readonly zk: MemoryStore['zk'];
  readonly store: Store;
  readonly log: ReturnType<typeof recordLog>;
  reload(config: Config): void;
  /** As `kill -9`, seen from ZooKeeper once the session has timed out. */
  kill(): Promise<void>;
}

/** A tree, a cloud, a clock and a client such as Zuul; launchers are started in it. */
export class World {
  readonly clock = new FakeClock(1_000_000_000);
  readonly cloud = new ScriptedCloud();
  readonly #random: Random;
  readonly #client: MemoryStore;
  readonly #launchers = new Set<Launcher>();

  constructor(seed = 7) {
    this.#random = seededRandom(seed);
    this.#client = openMemoryStore({ clock: this.clock, random: this.#random });
  }

  /** The client's store. */
  get store(): Store {
    return this.#client.store;
  }

  get ensemble(): MemoryStore['ensemble'] {
    return this.#client.ensemble;
  }

  async launcher(
    config: Config = aConfig(),
    options: {
      readonly host?: string;
      readonly graceMs?: number;
      readonly metrics?: Metrics;
      readonly tracer?: Tracer;
      readonly statistics?: { readonly candidate: string };
      readonly lagMs?: number;
    } = {},
  ): Promise<RunningTestLauncher> {
    const { host = 'launcher-1', metrics = noMetrics, ...rest } = options;
    const { clock } = this;
    const { store, zk } = openMemoryStore({ clock, random: this.#random, ensemble: this.ensemble });
    const log = recordLog();
    const listeners = new Set<() => void>();
    let current = config;
    const launcher = await startLauncher({
      config: {
        current: () => current,
        onChange: (listener) => {
          listeners.add(listener);
          return { [Symbol.dispose]: () => void listeners.delete(listener) };
        },
      },
      store,
      providers: this.cloud,
      clock,
      random: this.#random,
      log,
      metrics,
      identity: { fqdn: `${host}.example.com`, hostname: host, version: '1.0' },
      ...rest,
    });
    this.#launchers.add(launcher);
    await settle();
    return {
      caches: launcher.caches,
      leases: launcher.leases,
      ready: launcher.ready,
      providerFacts: () => launcher.providerFacts(),
      knowledgeOf: (provider) => launcher.knowledgeOf(provider),
      state: () => launcher.state(),
      stop: async (how) => {
        this.#launchers.delete(launcher);
        await launcher.stop(how);
        await zk.close();
      },
      zk,
      store,
      log,
      reload: (changed) => {
        current = changed;
        for (const listener of listeners) listener();
      },
      kill: async () => {
        this.#launchers.delete(launcher);
        zk.suspend();
        void launcher.stop({ graceful: false });
        await zk.close();
        await settle();
      },
    };
  }

  /** Creates a request as Zuul does, for one `small` node unless told otherwise. */
  async request(overrides: Partial<NodeRequest> & { readonly priority?: string } = {}): Promise<string> {
    const { priority = '100', ...fields } = overrides;
    const {
      id: _id,
      state: _state,
      stateTimeSec: _time,
      nodes: _nodes,
      declinedBy: _pools,
      ...wish
    } = aRequest(fields);
    const { record } = await this.store.requests.create(wish, { priority, ephemeral: false });
    return record.id;
  }

  async requestNow(id: string): Promise<NodeRequest | undefined> {
    return (await this.store.requests.get(id))?.record;
  }

  /** Lets everything that needs no time come to rest, then reads a request. */
  async settled(id: string): Promise<NodeRequest | undefined> {
    await settle();
    return this.requestNow(id);
  }

  async nodes(): Promise<readonly Node[]> {
    return (await this.store.nodes.list()).nodes.map(({ record }) => record);
  }

  async node(id: string | undefined): Promise<Node | undefined> {
    return (await this.store.nodes.get(id ?? ''))?.record;
  }

  /** As Zuul takes the nodes of a fulfilled request: locked, checked, in use. */
  async take(requestId: string): Promise<readonly HeldNode[]> {
    const request = await this.requestNow(requestId);
    const held: HeldNode[] = [];
    for (const id of request?.nodes ?? []) {
      const node = await this.store.nodes.lock(id);
      if (node === undefined || node.node.allocatedTo !== requestId) throw new Error(`node ${id} is not for us`);
      held.push(node);
    }
    await this.store.requests.remove(requestId);
    for (const node of held) await node.update({ state: 'in-use' });
    return held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stops = [...this.#launchers].map((launcher) => launcher.stop({ graceful: false }));
    await this.clock.advance(0);
    await Promise.all(stops);
  }
}
