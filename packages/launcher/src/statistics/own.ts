import type { Config } from '@nodepool/config';
import type { NodeCache } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { OwnView } from './metrics.js';

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
      pools.push({ provider, pool, limits, used: nodes.usedByPool(provider, pool) });
    }
  }
  const providers = Array.from(opened, ({ config: { name }, readings }) => {
    const use = { limits: readings.figure ?? {}, used: nodes.usedByProvider(name) };
    return [name, use] as const;
  });
  return { maxServers, tenantLimits, pools, providers: new Map(providers) };
}
