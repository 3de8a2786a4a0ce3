import type { ProviderConfig, ProviderDiskimage } from '@nodepool/driver-api';

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
