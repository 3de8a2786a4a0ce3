import type { OpenStackLikeLabel, PoolLabel, ProviderConfig, QuotaSource } from '@nodepool/driver-api';
import { ProviderError } from '@nodepool/driver-api';
import type { Resources } from '@nodepool/model';
import type { FakeProviderConfig } from './config.js';

interface Flavor {
  readonly cores: number;
  readonly ram: number;
}

/** What a label gets when the configuration names no flavors. */
const onlyFlavor: Flavor = { cores: 4, ram: 8192 };

/** @returns what one node of `label` takes. Throws `misconfigured` when no flavor fits. */
export function neededResources(config: FakeProviderConfig, poolName: string, label: PoolLabel): Resources {
  const own = findLabel(config, poolName, label.name);
  const flavor = chooseFlavor(config.fake.flavors, own);
  if (flavor === undefined) {
    throw new ProviderError('misconfigured', `no flavor of provider ${config.name} fits label ${label.name}`);
  }
  const volumes: Resources = own.bootFromVolume ? { volumes: 1, 'volume-gb': own.volumeSizeGb } : {};
  return { cores: flavor.cores, instances: 1, ram: flavor.ram, ...volumes };
}

export function quotaSource(config: FakeProviderConfig): QuotaSource {
  return {
    limits: ({ signal }) => settle(signal, () => config.fake.quota),
    needed: (pool, label, { signal }) => settle(signal, () => neededResources(config, pool.name, label)),
  };
}

/** The core hands out labels by the common part of their configuration; ours has more. */
function findLabel(config: FakeProviderConfig, poolName: string, labelName: string): OpenStackLikeLabel {
  const label = config.pools
    .find(({ name }) => name === poolName)
    ?.labels.find(({ name }: Pick<ProviderConfig, 'name'>) => name === labelName);
  if (label !== undefined) return label;
  throw new ProviderError('misconfigured', `provider ${config.name} has no label ${labelName} in pool ${poolName}`);
}

/** The rule of OpenStack's labels. Source: docs/compatibility/config.md section 6. */
function chooseFlavor(flavors: Readonly<Record<string, Flavor>>, label: OpenStackLikeLabel): Flavor | undefined {
  const all = Object.entries(flavors);
  if (all.length === 0) return onlyFlavor;
  const wanted = label.flavorName;
  if (label.minRamMiB === 0) return wanted === undefined ? undefined : flavors[wanted];
  const [smallest] = all
    .filter(([name, { ram }]) => ram >= label.minRamMiB && (wanted === undefined || name.includes(wanted)))
    .sort(([leftName, left], [rightName, right]) => left.ram - right.ram || (leftName < rightName ? -1 : 1));
  return smallest?.[1];
}

async function settle<T>(signal: AbortSignal, answer: () => T): Promise<T> {
  signal.throwIfAborted();
  return answer();
}
