import type { Config, LabelConfig } from '@nodepool/config';
import { fake } from '@nodepool/driver-fake';

type Keys = Readonly<Record<string, unknown>>;

/** A pool of labels `small` and `large` (cloud image, no host check), as the configuration file would say it. */
export function aPool(overrides: Keys = {}): Keys {
  return {
    name: 'main',
    'host-key-checking': false,
    labels: [aLabel('small'), aLabel('large')],
    ...overrides,
  };
}

export function aLabel(name: string, overrides: Keys = {}): Keys {
  return { name, 'cloud-image': 'debian', 'min-ram': 1024, ...overrides };
}

/** A provider of the fake driver, as the configuration file would say it. */
export function aProvider(overrides: Keys = {}): Keys {
  return { name: 'cloud-a', driver: 'fake', 'cloud-images': [{ name: 'debian' }], pools: [aPool()], ...overrides };
}

export interface ConfigParts {
  readonly providers?: readonly Keys[];
  readonly labels?: readonly (Partial<LabelConfig> & { readonly name: string })[];
  readonly maxHoldAgeSec?: number;
  readonly tenantLimits?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** A configuration of the parts given; labels `small` and `large` without standing stock when none are. */
export function aConfig(parts: ConfigParts = {}): Config {
  const providers = (parts.providers ?? [aProvider()]).map((keys) => fake.configSchema.parse(keys));
  const labels = parts.labels ?? [{ name: 'small' }, { name: 'large' }];
  return {
    webapp: { port: 8005, listenAddress: '127.0.0.1' },
    elementsDir: undefined,
    imagesDir: undefined,
    buildLogDir: '/var/log/nodepool/builds',
    buildLogRetention: 7,
    zookeeper: { servers: [], chroot: '', sessionTimeoutMs: 10_000, tls: undefined },
    labels: new Map(labels.map((label) => [label.name, { minReady: 0, maxReadyAgeSec: 0, ...label }])),
    diskimages: new Map(),
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    maxHoldAgeSec: parts.maxHoldAgeSec ?? 0,
    tenantLimits: new Map(Object.entries(parts.tenantLimits ?? {})),
    unavailableProviders: [],
  };
}
