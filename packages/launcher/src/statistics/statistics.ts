import type { Config } from '@nodepool/config';
import { nodeStates } from '@nodepool/model';
import {
  type Clock,
  type Decision,
  type Gauge,
  type Logger,
  type Metrics,
  type Reconciler,
  runReconciler,
  Wakeup,
} from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import { type Counts, countEverything, type StateCounts } from './count.js';

export interface StatisticsDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly config: () => Config;
  /** Who stands for election: `<host name>-<pid>`. */
  readonly candidate: string;
}

/** Least time between two counts. */
const intervalMs = 1_000;

/** Gauges over all nodes and requests, set by the one launcher that is elected. */
export class Statistics implements Reconciler<Counts, Counts> {
  readonly name = 'statistics';
  readonly #deps: StatisticsDeps;
  readonly #wakeup: Wakeup;
  readonly #nodes: Gauge;
  readonly #labelNodes: Gauge;
  readonly #providerNodes: Gauge;
  readonly #addressable: Gauge;
  readonly #maxServers: Gauge;
  readonly #tenantLimits: Gauge;

  constructor(deps: StatisticsDeps) {
    const gauge = (name: string, help: string, ...labelNames: readonly string[]): Gauge =>
      deps.metrics.gauge({ name, help, labelNames });
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
    this.#nodes = gauge('nodes', 'Nodes by state', 'state');
    this.#labelNodes = gauge('label_nodes', 'Nodes by label and state', 'label', 'state');
    this.#providerNodes = gauge('provider_nodes', 'Nodes by provider and state', 'provider', 'state');
    this.#addressable = gauge('pool_addressable_requests', 'Requests whose labels a pool has', 'provider', 'pool');
    this.#maxServers = gauge('provider_max_servers', 'Sum of max-servers over the pools', 'provider');
    this.#tenantLimits = gauge('tenant_limit', 'Configured limits of tenants', 'tenant', 'resource');
  }

  /** Something that is counted has changed. */
  mark(): void {
    this.#wakeup.mark();
  }

  /** What the configuration says: every launcher says it of itself. */
  configured(): void {
    const { providers, tenantLimits } = this.#deps.config();
    for (const { name, pools } of providers.values()) {
      const servers = pools.map(({ limits }) => limits['instances'] ?? Number.POSITIVE_INFINITY);
      const sum = servers.reduce((total, each) => total + each, 0);
      if (Number.isFinite(sum)) this.#maxServers.set(sum, { provider: name });
    }
    for (const [tenant, limits] of tenantLimits) {
      for (const [resource, limit] of Object.entries(limits)) this.#tenantLimits.set(limit, { tenant, resource });
    }
  }

  /** Stands for election, and counts while elected. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, log, candidate } = this.#deps;
    const lead = (elected: AbortSignal): Promise<void> =>
      runReconciler(this, { clock, log, wakeup: this.#wakeup }, elected);
    await store.elect('stats', candidate, lead, signal);
  }

  observe(): Counts {
    const { nodes, requests, components } = this.#deps.caches;
    return countEverything({
      nodes: Array.from(nodes.all(), ({ record }) => record),
      requests: Array.from(requests.all(), ({ record }) => record),
      pools: [...components.pools()],
    });
  }

  decide(counts: Counts): Decision<Counts> {
    return { actions: [counts] };
  }

  async execute(counts: Counts, signal: AbortSignal): Promise<void> {
    setStates(this.#nodes, counts.nodes, {});
    for (const [label, states] of counts.byLabel) setStates(this.#labelNodes, states, { label });
    for (const [provider, states] of counts.byProvider) setStates(this.#providerNodes, states, { provider });
    for (const { provider, pool, requests } of counts.addressable) this.#addressable.set(requests, { provider, pool });
    await this.#deps.clock.sleep(intervalMs, signal).catch(() => undefined);
  }
}

function setStates(gauge: Gauge, counts: StateCounts, labels: Readonly<Record<string, string>>): void {
  for (const state of nodeStates) gauge.set(counts[state], { ...labels, state });
}
