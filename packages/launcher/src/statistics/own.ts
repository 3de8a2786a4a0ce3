import type { Config } from '@nodepool/config';
import type { Resources } from '@nodepool/model';
import type { NodeCache } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { OwnView, QuotaUse } from './metrics.js';

/** What this launcher's configuration and its clouds allow, and what the nodes there take. */
export function observeOwn(
  { providers: configured, tenantLimits }: Pick<Config, 'providers' | 'tenantLimits'>,
  opened: Iterable<Pick<ProviderRuntime, 'config' | 'readings'>>,
  nodes: Pick<NodeCache, 'usedByProvider' | 'usedByPool'>,
): OwnView {
  const maxServers = new Map<string, number>();
  const pools: OwnView['pools'][number][] = [];
  for (const { name: provider, pools: each } of configured.values()) {
    const sum = each.reduce((total, { limits }) => total + (limits['instances'] ?? Number.POSITIVE_INFINITY), 0);
    if (Number.isFinite(sum)) maxServers.set(provider, sum);
    for (const { name: pool, limits } of each) {
      pools.push({ provider, pool, ...withZeros(limits, nodes.usedByPool(provider, pool)) });
    }
  }
  const providers = Array.from(opened, ({ config: { name }, readings }) => {
    return [name, withZeros(readings.figure ?? {}, nodes.usedByProvider(name))] as const;
  });
  return { maxServers, tenantLimits, pools, providers: new Map(providers) };
}

/** What is limited and unused shows as 0, so that a share can be reckoned. */
function withZeros(limits: Resources, used: Resources): QuotaUse {
  const zeros = Object.fromEntries(Object.keys(limits).map((resource) => [resource, 0]));
  return { limits, used: { ...zeros, ...used } };
}
