import type { ProviderConfig } from '@nodepool/driver-api';
import { defaultWebapp } from '../schema/webapp.js';
import type { Config, DiskimageConfig, LabelConfig } from '../types.js';

/** What differs from an empty configuration; what the configuration keeps by name is given as lists. */
export interface ConfigParts extends Partial<Omit<Config, 'labels' | 'diskimages' | 'providers' | 'tenantLimits'>> {
  /** Without standing stock and maximum age unless said. */
  readonly labels?: readonly (Partial<LabelConfig> & Pick<LabelConfig, 'name'>)[];
  readonly diskimages?: readonly DiskimageConfig[];
  readonly providers?: readonly ProviderConfig[];
  readonly tenantLimits?: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The configuration that the loader makes of an empty file, with the parts given. */
export function aConfig(parts: ConfigParts = {}): Config {
  const { labels = [], diskimages = [], providers = [], tenantLimits = {}, ...rest } = parts;
  return {
    webapp: { ...defaultWebapp, tokens: [] },
    elementsDir: undefined,
    imagesDir: undefined,
    imagesDirMinFreeMiB: 128,
    buildLogServer: { listenAddress: '127.0.0.1', port: 0, url: undefined },
    buildLogDir: '/var/log/nodepool/builds',
    buildLogRetention: 7,
    zookeeper: { servers: [], chroot: '', sessionTimeoutMs: 10_000, tls: undefined },
    unavailableProviders: [],
    maxHoldAgeSec: 0,
    ...rest,
    labels: new Map(labels.map((label) => [label.name, { minReady: 0, maxReadyAgeSec: 0, ...label }])),
    diskimages: new Map(diskimages.map((diskimage) => [diskimage.name, diskimage])),
    providers: new Map(providers.map((provider) => [provider.name, provider])),
    tenantLimits: new Map(Object.entries(tenantLimits)),
  };
}

/** The diskimage that the loader makes of a name alone, with the overrides given. */
export function aDiskimage(overrides: Partial<DiskimageConfig> = {}): DiskimageConfig {
  return {
    name: 'debian',
    elements: [],
    envVars: {},
    secretEnvVars: {},
    formats: [],
    keepFormats: [],
    deleteAfterUpload: false,
    dibCmd: 'disk-image-create',
    conversion: 'auto',
    qcow2Compression: 'zlib',
    release: '',
    rebuildAgeSec: 86_400,
    buildTimeoutSec: 28_800,
    pause: false,
    username: 'zuul',
    pythonPath: 'auto',
    shellType: null,
    metadata: {},
    validate: undefined,
    ...overrides,
  };
}
