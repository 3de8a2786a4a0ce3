import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { undescribedKeys } from '@nodepool/driver-api/conformance';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema, findLabel } from './config.js';

const folder = fileURLToPath(new URL('../../../packages/config/testdata/production/', import.meta.url));

/** Providers of this driver in configurations that are used in production, with where they stand. */
const inProduction = readdirSync(folder).flatMap((file) => {
  const { providers = [] }: { providers?: { name: string; driver?: string }[] | null } = parse(
    readFileSync(folder + file, 'utf8'),
    // One of them says the same thing twice.
    { uniqueKeys: false },
  );
  return (providers ?? [])
    .filter(({ driver }) => driver === undefined || driver === 'openstack')
    .map((provider): [string, object] => [`${file}: ${provider.name}`, { ...provider, driver: 'openstack' }]);
});

describe('the configuration of an OpenStack provider', () => {
  it('is found in production', () => {
    expect(inProduction.length).toBeGreaterThan(20);
  });

  it.each(inProduction)('is accepted as it is used: %s', (_where, provider) => {
    expect(configSchema.safeParse(provider).error?.issues).toBeUndefined();
  });

  it('describes every key', () => {
    expect(undescribedKeys(configSchema)).toEqual([]);
  });

  it('demands a cloud and refuses unknown keys', () => {
    const result = configSchema.safeParse({ driver: 'openstack', name: 'p', 'cloud-name': 'c' });

    expect(result.error?.issues.map(({ code, path }) => [code, path.join('.')])).toEqual([
      ['invalid_type', 'cloud'],
      ['unrecognized_keys', ''],
    ]);
  });

  it('gives a label by the names of its pool and its own', () => {
    const label = { name: 'small', 'cloud-image': 'debian', 'min-ram': 1024 };
    const pools = [
      { name: 'main', labels: [{ ...label, 'volume-size': 7 }] },
      { name: 'more', labels: [label] },
    ];
    const config = configSchema.parse({ driver: 'openstack', name: 'p', cloud: 'c', pools });

    expect(findLabel(config, 'main', 'small').volumeSizeGb).toBe(7);
    expect(findLabel(config, 'more', 'small').volumeSizeGb).toBe(50);
    expect(() => findLabel(config, 'more', 'large')).toThrow('provider p has no label large in pool more');
  });
});
