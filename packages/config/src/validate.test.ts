import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findingCodes } from './finding.js';
import { checkConfig, loadConfig } from './load.js';
import { inMemory } from './testing/index.js';

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 4 });

/** A file without errors: every name that is used is defined. */
const soundFile = fc
  .record({ labels: names, images: names, providers: names, pools: names, servers: fc.nat(100) })
  .map(({ labels, images, providers, pools, servers }) => ({
    'zookeeper-servers': [{ host: 'localhost' }],
    labels: labels.map((label, index) => ({ name: label, 'min-ready': index })),
    diskimages: images.map((image, index) =>
      index === 0 ? { name: image } : { name: image, parent: images[index - 1] },
    ),
    providers: providers.map((provider) => ({
      name: provider,
      driver: 'tiny',
      diskimages: images.map((image) => ({ name: image })),
      pools: pools.map((pool) => ({
        name: pool,
        'max-servers': servers,
        labels: labels.map((label) => ({ name: label, diskimage: images[0], 'min-ram': 1 })),
      })),
    })),
  }));

/** Anything, with keys that mean something more often than chance has it. */
const anyFile = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 6 }, fc.jsonValue({ maxDepth: 1 }), tie('map'), fc.array(tie('value'), { maxLength: 3 })),
  map: fc.dictionary(
    fc.constantFrom('name', 'labels', 'diskimages', 'providers', 'pools', 'driver', 'parent', 'host', 'x', '__proto__'),
    tie('value'),
    { maxKeys: 6 },
  ),
}));

describe('validate', () => {
  it('survives any file and finds only what it knows', async () => {
    await fc.assert(
      fc.asyncProperty(anyFile.map, async (file) => {
        const findings = await checkConfig(inMemory({ main: JSON.stringify(file), secure: JSON.stringify(file) }));

        expect(findings.map((finding) => finding.code).filter((code) => !(code in findingCodes))).toEqual([]);
        expect(findings.every((finding) => finding.line > 0 && finding.column > 0 && finding.remedy !== '')).toBe(true);
      }),
    );
  });

  it('loads any sound file in full', async () => {
    await fc.assert(
      fc.asyncProperty(soundFile, async (file) => {
        const { config, findings } = await loadConfig(inMemory({ main: JSON.stringify(file) }));

        expect(findings).toEqual([]);
        expect([...config.labels.keys()]).toEqual(file.labels.map((label) => label.name));
        expect([...config.diskimages.keys()]).toEqual(file.diskimages.map((image) => image.name));
        expect([...config.providers.keys()]).toEqual(file.providers.map((provider) => provider.name));
      }),
    );
  });

  it('goes on with what is sound after unknown keys were put anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(soundFile, async (file) => {
        const main = JSON.stringify(file).replaceAll('{"name"', '{"zzz":1,"name"');

        const { config, findings } = await loadConfig(inMemory({ main }));

        const expected = await loadConfig(inMemory({ main: JSON.stringify(file) }));
        expect(config).toEqual(expected.config);
        expect(new Set(findings.map((finding) => finding.code))).toEqual(new Set(['NP_CONFIG_UNKNOWN_KEY']));
      }),
      { numRuns: 30 },
    );
  });
});
