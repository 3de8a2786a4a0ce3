import type { Config } from '@nodepool/config';
import { type ConfigParts, aConfig as configOf } from '@nodepool/config/testing';
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

export interface Parts extends Omit<ConfigParts, 'providers'> {
  /** As the configuration file would say them. */
  readonly providers?: readonly Keys[];
}

/** A configuration of the parts given; labels `small` and `large` without standing stock when none are. */
export function aConfig({ providers = [aProvider()], ...parts }: Parts = {}): Config {
  return configOf({
    labels: [{ name: 'small' }, { name: 'large' }],
    ...parts,
    providers: providers.map((keys) => fake.configSchema.parse(keys)),
  });
}
