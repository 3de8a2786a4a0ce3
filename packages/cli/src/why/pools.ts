import type { PoolConfig, PoolLabel, ProviderConfig } from '@nodepool/driver-api';
import { declineReasons, type LabelView } from '@nodepool/launcher/decisions';
import { addResources, exceededResources, type Resources } from '@nodepool/model';
import type { Snapshot } from '../snapshot.js';

/** One sentence for each pool that offers all of `labels` in the configuration or in the registry: what it does about them. */
export function poolsOn(
  labels: readonly string[],
  snapshot: Snapshot,
  declinedBy: readonly string[] = [],
): readonly string[] {
  const configured = [...(snapshot.config?.providers.values() ?? [])].flatMap((provider) =>
    provider.pools
      .filter((pool) => labels.every((label) => pool.labels.some(({ name }) => name === label)))
      .map((pool) => `pool ${provider.name}/${pool.name}: ${verdict(labels, provider, pool, snapshot, declinedBy)}`),
  );
  const known = new Set(
    [...(snapshot.config?.providers.values() ?? [])].flatMap(({ name, pools }) =>
      pools.map((pool) => JSON.stringify([name, pool.name])),
    ),
  );
  const foreign = snapshot.pools
    .filter(({ providerName, name }) => !known.has(JSON.stringify([providerName, name])))
    .filter(({ supportedLabels }) => labels.every((label) => supportedLabels.includes(label)))
    .map(({ id, providerName, name, paused }) => {
      const does = paused ? 'is full' : 'may take it';
      const word = declinedBy.includes(id) ? 'has declined it' : does;
      return `pool ${providerName}/${name}: ${word}; this configuration does not have it`;
    });
  return [...configured, ...foreign];
}

function verdict(
  labels: readonly string[],
  provider: ProviderConfig,
  pool: PoolConfig,
  snapshot: Snapshot,
  declinedBy: readonly string[],
): string {
  const registered = snapshot.pools.filter((each) => each.providerName === provider.name && each.name === pool.name);
  const views = new Map(pool.labels.map((label) => [label.name, labelView(label, provider, pool, snapshot)]));
  const reasons = declineReasons(
    { nodeTypes: labels },
    {
      id: '',
      provider: provider.name,
      priority: pool.priority,
      labels: views,
      limits: pool.limits,
      // The provider's own quota is known to its launcher only.
      providerFigure: undefined,
    },
  );
  if (reasons.length > 0) return `declines, because ${reasons.join(', and ')}`;
  if (provider.maxConcurrency === 0) return 'takes nothing, because max-concurrency of its provider is 0';
  if (registered.length === 0) return 'no launcher serves it';
  if (registered.every(({ id }) => declinedBy.includes(id))) {
    return 'has declined it; nothing in tree and configuration tells why, so look for "declined" in the log of its launcher';
  }
  const needs = labels.map((label) => views.get(label)?.needed ?? {}).reduce<Resources>(addResources, {});
  const short = exceededResources(pool.limits, usedBy(provider.name, pool.name, snapshot), needs);
  if (short.length > 0)
    return `is short of ${short.map((key) => shortText(key, provider.name, pool, snapshot)).join(', ')}`;
  if (registered.every(({ paused }) => paused)) return 'waits for quota of its provider';
  return 'can take it';
}

function shortText(key: string, provider: string, pool: PoolConfig, snapshot: Snapshot): string {
  return `${key} (${usedBy(provider, pool.name, snapshot)[key] ?? 0} of ${pool.limits[key]} used)`;
}

function usedBy(provider: string, pool: string, { nodes }: Snapshot): Resources {
  return nodes
    .filter((node) => node.provider === provider && node.pool === pool)
    .map(({ resources }) => resources ?? { instances: 1 })
    .reduce<Resources>(addResources, {});
}

/** What a node takes is read from one that exists; the cloud, which knows, is not asked. */
function labelView(label: PoolLabel, provider: ProviderConfig, pool: PoolConfig, snapshot: Snapshot): LabelView {
  const sibling = snapshot.nodes.find(
    (node) => node.provider === provider.name && node.pool === pool.name && node.type[0] === label.name,
  );
  const uploads = snapshot.images.find(({ image }) => image === label.diskimage)?.uploads ?? [];
  return {
    needed: sibling?.resources ?? { instances: 1 },
    brokenBecause: undefined,
    hasImage:
      label.diskimage === undefined ||
      uploads.some((upload) => upload.provider === provider.name && upload.state === 'ready'),
  };
}
