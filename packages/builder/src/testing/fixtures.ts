import type { Config, DiskimageConfig } from '@nodepool/config';
import type { ProviderConfig, ProviderDiskimage } from '@nodepool/driver-api';

export function aDiskimage(overrides: Partial<DiskimageConfig> = {}): DiskimageConfig {
  return {
    name: 'debian',
    elements: ['debian-minimal', 'vm'],
    envVars: {},
    formats: [],
    keepFormats: [],
    deleteAfterUpload: false,
    dibCmd: 'disk-image-create',
    release: '',
    rebuildAgeSec: 86_400,
    buildTimeoutSec: 28_800,
    pause: false,
    username: 'zuul',
    pythonPath: 'auto',
    shellType: null,
    metadata: {},
    ...overrides,
  };
}

export function aProviderDiskimage(name: string, overrides: Partial<ProviderDiskimage> = {}): ProviderDiskimage {
  return {
    name,
    pause: false,
    meta: {},
    configDrive: undefined,
    connectionType: 'ssh',
    connectionPort: 22,
    ...overrides,
  };
}

/** A provider that lists `images`. */
export function aProvider(
  name: string,
  images: readonly (string | ProviderDiskimage)[],
  overrides: Partial<ProviderConfig> = {},
): ProviderConfig {
  return {
    name,
    driver: 'fake',
    maxConcurrency: -1,
    priority: undefined,
    callIntervalMs: 0,
    bootTimeoutMs: 60_000,
    launchTimeoutMs: 3_600_000,
    launchRetries: 3,
    imageUploadTimeoutMs: 3_600_000,
    imageNameFormat: '{image_name}-{timestamp}',
    postUploadHook: undefined,
    diskimages: images.map((image) => (typeof image === 'string' ? aProviderDiskimage(image) : image)),
    cloudImages: [],
    pools: [],
    ...overrides,
  };
}

export function aConfig(
  overrides: Partial<Omit<Config, 'diskimages' | 'providers'>> & {
    readonly diskimages?: readonly DiskimageConfig[];
    readonly providers?: readonly ProviderConfig[];
  } = {},
): Config {
  const { diskimages = [], providers = [], ...rest } = overrides;
  return {
    webapp: { port: 8005, listenAddress: '127.0.0.1' },
    elementsDir: undefined,
    imagesDir: undefined,
    buildLogDir: '/nonexistent',
    buildLogRetention: 7,
    zookeeper: { servers: [], chroot: '', sessionTimeoutMs: 10_000, tls: undefined },
    labels: new Map(),
    maxHoldAgeSec: 0,
    tenantLimits: new Map(),
    unavailableProviders: [],
    ...rest,
    diskimages: new Map(diskimages.map((diskimage) => [diskimage.name, diskimage])),
    providers: new Map(providers.map((provider) => [provider.name, provider])),
  };
}
