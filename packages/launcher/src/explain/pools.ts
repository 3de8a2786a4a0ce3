import type { PoolConfig, PoolLabel, ProviderConfig } from '@nodepool/driver-api';
import { addResources, exceededResources, type PoolComponent, type Resources } from '@nodepool/model';
import { declineReasons, type LabelView } from '../requests/decline-reasons.js';
import { type Finding, finding } from './finding.js';
import type { Snapshot } from './snapshot.js';

/** One sentence for each pool that offers all of `labels` in the configuration or in the registry: what it does about them. */
export function poolsOn(
  labels: readonly string[],
  snapshot: Snapshot,
  declinedBy: readonly string[] = [],
): readonly Finding[] {
  const providers = [...(snapshot.config?.providers.values() ?? [])];
  const configured = providers.flatMap((provider) =>
    provider.pools
      .filter((pool) => labels.every((label) => pool.labels.some(({ name }) => name === label)))
      .map((pool) => {
        const { text, remedy } = verdict(labels, { provider, pool, snapshot, declinedBy });
        return finding(`pool ${provider.name}/${pool.name}: ${text}`, remedy);
      }),
  );
  const known = new Set(providers.flatMap(({ name, pools }) => pools.map((pool) => JSON.stringify([name, pool.name]))));
  const foreign = snapshot.pools
    .filter(({ providerName, name }) => !known.has(JSON.stringify([providerName, name])))
    .filter(({ supportedLabels }) => labels.every((label) => supportedLabels.includes(label)))
    .map((pool) => finding(foreignText(pool, declinedBy)));
  return [...configured, ...foreign];
}

function foreignText({ id, providerName, name, paused }: PoolComponent, declinedBy: readonly string[]): string {
  const does = paused ? 'is full' : 'may take it';
  const word = declinedBy.includes(id) ? 'has declined it' : does;
  return `pool ${providerName}/${name}: ${word}; this configuration does not have it`;
}

interface PoolAt {
  readonly provider: ProviderConfig;
  readonly pool: PoolConfig;
  readonly snapshot: Snapshot;
  readonly declinedBy: readonly string[];
}

function verdict(labels: readonly string[], at: PoolAt): Finding {
  const { provider, pool, snapshot, declinedBy } = at;
  const place = `${provider.name}/${pool.name}`;
  const registered = snapshot.pools.filter((each) => each.providerName === provider.name && each.name === pool.name);
  const views = new Map(pool.labels.map((label) => [label.name, labelView(label, at)]));
  const reasons = declineReasons({ nodeTypes: labels }, poolView(at, views));
  if (reasons.length > 0) {
    return finding(`declines, because ${reasons.join(', and ')}`, missingImage(labels, at, views));
  }
  if (provider.maxConcurrency === 0) return finding('takes nothing, because max-concurrency of its provider is 0');
  if (registered.length === 0) {
    return finding('no launcher serves it', `start a launcher whose configuration has pool ${place}`);
  }
  if (registered.every(({ id }) => declinedBy.includes(id))) {
    return finding(
      'has declined it; nothing in tree and configuration tells why, so look for "declined" in the log of its launcher',
    );
  }
  const needs = labels.map((label) => views.get(label)?.needed ?? {}).reduce<Resources>(addResources, {});
  return shortage(needs, at) ?? finding(registered.every(({ paused }) => paused) ? waitsForQuota : 'can take it');
}

const waitsForQuota = 'waits for quota of its provider';

/** What the pool, or the account that it is part of, has too little of. */
function shortage(needs: Resources, { provider, pool, snapshot }: PoolAt): Finding | undefined {
  const inPool = usedBy(snapshot, (node) => node.provider === provider.name && node.pool === pool.name);
  const poolShort = exceededResources(pool.limits, inPool, needs);
  if (poolShort.length > 0) {
    return finding(
      `is short of ${amounts(poolShort, inPool, pool.limits)}`,
      `raise the limits of pool ${provider.name}/${pool.name}, or delete nodes of it that nobody needs`,
    );
  }
  const figure = quotaOf(provider, pool, snapshot);
  if (figure === undefined) return undefined;
  const inAccount = usedBy(snapshot, (node) => node.provider === provider.name);
  const short = exceededResources(figure, inAccount, needs);
  if (short.length === 0) return undefined;
  return finding(
    `${waitsForQuota}: ${amounts(short, inAccount, figure)}`,
    `raise the quota of provider ${provider.name}, or delete what its account does not need`,
  );
}

function amounts(keys: readonly string[], used: Resources, limits: Resources): string {
  return keys.map((key) => `${key} (${used[key] ?? 0} of ${limits[key]} used)`).join(', ');
}

/** What the account has for us; undefined when the pool ignores it, or nobody here has asked the cloud. */
function quotaOf({ name }: ProviderConfig, pool: PoolConfig, { cloud }: Snapshot): Resources | undefined {
  return pool.ignoreProviderQuota ? undefined : cloud?.(name)?.figure;
}

function usedBy({ nodes }: Snapshot, isCounted: (node: Snapshot['nodes'][number]) => boolean): Resources {
  return nodes
    .filter(isCounted)
    .map(({ resources }) => resources ?? { instances: 1 })
    .reduce<Resources>(addResources, {});
}

function poolView({ provider, pool, snapshot }: PoolAt, labels: ReadonlyMap<string, LabelView>) {
  return {
    id: '',
    provider: provider.name,
    priority: pool.priority,
    labels,
    limits: pool.limits,
    providerFigure: quotaOf(provider, pool, snapshot),
  };
}

/** Where nobody has asked the cloud, what a node takes is read from one that exists. */
function labelView(label: PoolLabel, { provider, pool, snapshot }: PoolAt): LabelView {
  const knowledge = snapshot.cloud?.(provider.name);
  const sibling = snapshot.nodes.find(
    (node) => node.provider === provider.name && node.pool === pool.name && node.type[0] === label.name,
  );
  return {
    needed: knowledge?.needed(pool.name, label.name) ?? sibling?.resources ?? { instances: 1 },
    brokenBecause: knowledge?.brokenBecause(pool.name, label.name),
    hasImage:
      label.diskimage === undefined
        ? label.cloudImage === undefined || knowledge?.hasCloudImage(label.cloudImage) !== false
        : isUploaded(label.diskimage, provider.name, snapshot),
  };
}

function isUploaded(diskimage: string, provider: string, { images }: Snapshot): boolean {
  const uploads = images.find(({ image }) => image === diskimage)?.uploads ?? [];
  return uploads.some((upload) => upload.provider === provider && upload.state === 'ready');
}

function missingImage(
  labels: readonly string[],
  { provider, pool }: PoolAt,
  views: ReadonlyMap<string, LabelView>,
): string | undefined {
  const label = pool.labels.find(({ name }) => labels.includes(name) && views.get(name)?.hasImage === false);
  if (label === undefined) return undefined;
  return label.diskimage === undefined
    ? `see that provider ${provider.name} has image ${label.cloudImage}`
    : `see why ${provider.name} has no ready upload of ${label.diskimage}: nodepool why ${label.diskimage}`;
}
