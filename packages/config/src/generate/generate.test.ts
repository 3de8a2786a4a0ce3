import { openStackLikeKeys, toOpenStackLike } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { findingCodes } from '../finding.js';
import { tinyDriver } from '../testing/index.js';
import { toReferencePage } from './reference.js';
import { type JsonSchema, keysWithoutDescription, toJsonSchema } from './schema.js';

function at(schema: JsonSchema | undefined, ...names: readonly string[]): JsonSchema | undefined {
  return names.reduce<JsonSchema | undefined>((found, name) => {
    const option = found?.anyOf?.[0] ?? found;
    return (option?.items ?? option)?.properties?.[name];
  }, schema);
}

describe('toJsonSchema', () => {
  it('describes every key', () => {
    expect(keysWithoutDescription([tinyDriver])).toEqual([]);
  });

  it('finds the keys that lack a description', () => {
    const pools = z.array(z.strictObject({ colour: z.string().optional() })).meta({ description: 'Pools.' });
    const configSchema = z
      .strictObject({ ...openStackLikeKeys, pools, driver: z.literal('bare') })
      .transform((keys) => toOpenStackLike({ ...keys, pools: [] }));

    expect(keysWithoutDescription([{ name: 'bare', configSchema }])).toEqual([
      'providers[].pools[].colour',
      'providers[].driver',
    ]);
  });

  it('shows the defaults that are filled in later', () => {
    const schema = toJsonSchema([tinyDriver]);

    expect(at(schema, 'diskimages', 'rebuild-age')).toMatchObject({ type: 'integer', default: 86_400 });
    expect(at(schema, 'zookeeper-servers', 'port')).toMatchObject({ default: 2281, maximum: 65_535 });
    expect(at(schema, 'max-hold-age')).not.toHaveProperty('maximum');
    expect(JSON.stringify(schema)).not.toContain('fallback');
  });

  it('refuses unknown keys where the validator does', () => {
    const schema = toJsonSchema([tinyDriver]);

    expect(schema.additionalProperties).toBe(false);
    expect(at(schema, 'labels')?.anyOf?.[0]?.items?.additionalProperties).toBe(false);
  });

  it('offers the drivers of the release in full and the others in common', () => {
    const providers = at(toJsonSchema([tinyDriver]), 'providers')?.anyOf?.[0]?.items?.anyOf;

    expect(providers).toHaveLength(2);
    expect(providers?.[0]?.properties?.['driver']).toMatchObject({ const: 'tiny' });
    expect(providers?.[1]?.properties?.['driver']?.enum).toContain('openstack');
  });
});

describe('toReferencePage', () => {
  const page = toReferencePage([tinyDriver]);

  it('has a row for every key and every code', () => {
    const keys = [...JSON.stringify(toJsonSchema([tinyDriver])).matchAll(/"([a-z_-]+)":\{"(?:default|description)"/g)];

    expect(keys.length).toBeGreaterThan(50);
    for (const [, key] of keys) expect(page).toContain(`| \`${key}\` |`);
    for (const code of Object.keys(findingCodes)) expect(page).toContain(`| \`${code}\` |`);
  });

  it('says type, default and whether a key is needed', () => {
    expect(page).toContain('| `name` | string | **needed** | Name of the label, as jobs and pools use it. |');
    expect(page).toContain('| `elements` | list of strings | `[]` |');
    expect(page).toContain('### `providers[].pools[].labels[]` (tiny)');
  });

  it('ends with one line break and has tables of four columns', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `') && !line.startsWith('| `NP_'));

    expect(page).toMatch(/[^\n]\n$/);
    expect(rows.every((row) => row.replaceAll('\\|', '').split('|').length === 6)).toBe(true);
  });
});
