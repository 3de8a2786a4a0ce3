import { type NodeState, nodeStates, type Resources, requestStates } from '@nodepool/model';
import type { Gauge, MetricLabels, Metrics } from '@nodepool/runtime';
import type { Counts, StateCounts } from './count.js';

/** Gauges of the one launcher that counts for all. */
export interface CountGauges {
  set(counts: Counts, nowMs: number): void;
  /** Another launcher counts from now on. */
  clear(): void;
}

/** Source: docs/compatibility/interfaces.md section 4.2; requests are ours. */
export function countGauges(metrics: Metrics): CountGauges {
  const gauge = (name: string, help: string, ...labelNames: readonly string[]): Gauge =>
    metrics.gauge({ name, help, labelNames });
  const nodes = gauge('nodes', 'Nodes by state.', 'state');
  const byLabel = gauge('label_nodes', 'Nodes by label and state.', 'label', 'state');
  const byProvider = gauge('provider_nodes', 'Nodes by provider and state.', 'provider', 'state');
  const addressable = gauge(
    'pool_addressable_requests',
    'Requests all of whose labels a pool has.',
    'provider',
    'pool',
  );
  const requests = gauge('requests', 'Requests by state.', 'state');
  const oldest = gauge('request_oldest_wait_seconds', 'Time that the oldest open request has waited; 0 without one.');
  return {
    set: (counts, nowMs) => {
      nodes.replaceAll(statesOf(counts.nodes, {}));
      byLabel.replaceAll([...counts.byLabel].flatMap(([label, states]) => statesOf(states, { label })));
      byProvider.replaceAll([...counts.byProvider].flatMap(([provider, states]) => statesOf(states, { provider })));
      addressable.replaceAll(
        counts.addressable.map(({ provider, pool, requests: count }) => [{ provider, pool }, count] as const),
      );
      requests.replaceAll(requestStates.map((state) => [{ state }, counts.requests[state]] as const));
      const { oldestSec = nowMs / 1000 } = counts;
      oldest.replaceAll([[{}, Math.max(0, nowMs / 1000 - oldestSec)]]);
    },
    clear: () => {
      for (const each of [nodes, byLabel, byProvider, addressable, requests, oldest]) each.replaceAll([]);
    },
  };
}

function statesOf(counts: StateCounts, labels: MetricLabels): (readonly [MetricLabels, number])[] {
  return nodeStates.map((state: NodeState) => [{ ...labels, state }, counts[state]] as const);
}

/** What one limit allows and how much of it is used. */
export interface QuotaUse {
  readonly limits: Resources;
  readonly used: Resources;
}

/** What a launcher says of what it serves itself. */
export interface OwnView {
  /** Sum of `max-servers` over the pools, of providers where every pool has one. */
  readonly maxServers: ReadonlyMap<string, number>;
  readonly tenantLimits: ReadonlyMap<string, Resources>;
  readonly providers: ReadonlyMap<string, QuotaUse>;
  readonly pools: readonly (QuotaUse & { readonly provider: string; readonly pool: string })[];
}

export interface OwnGauges {
  set(view: OwnView): void;
}

/** Source: docs/compatibility/interfaces.md section 4.2; quota is ours. */
export function ownGauges(metrics: Metrics): OwnGauges {
  const gauge = (name: string, help: string, ...labelNames: readonly string[]): Gauge =>
    metrics.gauge({ name, help, labelNames });
  const maxServers = gauge('provider_max_servers', 'Sum of max-servers over the pools, where all have it.', 'provider');
  const tenantLimit = gauge('tenant_limit', 'Configured limits of tenants.', 'tenant', 'resource');
  const provider = {
    limits: gauge(
      'provider_quota_limit',
      'What the cloud allows Nodepool, others’ use taken off.',
      'provider',
      'resource',
    ),
    used: gauge('provider_quota_used', 'What the nodes of a provider take.', 'provider', 'resource'),
  };
  const pool = {
    limits: gauge('pool_quota_limit', 'Configured limits of a pool.', 'provider', 'pool', 'resource'),
    used: gauge('pool_quota_used', 'What the nodes of a pool take.', 'provider', 'pool', 'resource'),
  };
  return {
    set: (view) => {
      maxServers.replaceAll([...view.maxServers].map(([name, count]) => [{ provider: name }, count] as const));
      tenantLimit.replaceAll([...view.tenantLimits].flatMap(([tenant, limits]) => amounts(limits, { tenant })));
      for (const kind of ['limits', 'used'] as const) {
        provider[kind].replaceAll([...view.providers].flatMap(([name, use]) => amounts(use[kind], { provider: name })));
        pool[kind].replaceAll(
          view.pools.flatMap((use) => amounts(use[kind], { provider: use.provider, pool: use.pool })),
        );
      }
    },
  };
}

/** What is unlimited has no value. */
function amounts(resources: Resources, labels: MetricLabels): (readonly [MetricLabels, number])[] {
  return Object.entries(resources).flatMap(([resource, amount]) =>
    Number.isFinite(amount) ? [[{ ...labels, resource }, amount] as const] : [],
  );
}
