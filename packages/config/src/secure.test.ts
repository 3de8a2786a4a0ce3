import { describe, expect, it } from 'vitest';
import { loadConfig } from './load.js';
import { findingsOf, inMemory } from './testing/index.js';

const main =
  'zookeeper-servers: [{host: main}]\nzookeeper-tls: {cert: c, key: k, ca: a}\ndiskimages: [{name: base, abstract: true}]\n';

describe('the secure file', () => {
  it('may be empty', async () => {
    const { config } = await loadConfig(inMemory({ main, secure: '' }));

    expect(config.zookeeper).toMatchObject({ servers: ['main:2281'], tls: { cert: 'c' } });
  });

  it('replaces servers and certificates as a whole', async () => {
    const secure = 'zookeeper-servers: [{host: other, port: 1}]\nzookeeper-tls: {cert: x, key: y, ca: z}\n';

    const { config } = await loadConfig(inMemory({ main, secure }));

    expect(config.zookeeper).toMatchObject({ servers: ['other:1'], tls: { cert: 'x', key: 'y', ca: 'z' } });
  });

  it('replaces nothing when its sections are empty', async () => {
    const { config } = await loadConfig(inMemory({ main, secure: 'zookeeper-servers: []\nzookeeper-tls: {}\n' }));

    expect(config.zookeeper).toMatchObject({ servers: ['main:2281'], tls: { cert: 'c' } });
  });

  it('is told for what it lacks', async () => {
    expect(await findingsOf({ main, secure: '# x\nzookeeper-tls: {cert: x}\n' })).toEqual([
      'secure.yaml:2:1: error: zookeeper-tls: zookeeper-tls lacks key and ca. ' +
        'Remedy: give the paths of all three PEM files (cert, key, ca), or remove zookeeper-tls',
    ]);
  });

  it('may hold sections of its own', async () => {
    expect(await findingsOf({ main, secure: 'nameservers: 1\nlabels: x\n' })).toEqual([]);
  });

  it('names diskimages that are built', async () => {
    const secure = 'diskimages: [{name: base, env-vars: {}}, {name: bse, env-vars: {}}, {name: base}]\n';

    expect(await findingsOf({ main, secure })).toEqual([
      expect.stringContaining('secure.yaml:1:21: error: diskimages[0].name: the diskimage "base" is abstract'),
      expect.stringContaining('the diskimage "bse" is not in the main file (did you mean "base"?)'),
      expect.stringContaining('diskimages[2].env-vars: the key "env-vars" is missing'),
      expect.stringContaining('diskimages[2].name: the diskimage "base" is abstract'),
    ]);
  });

  it('keeps its values out of the findings', async () => {
    const lines = await findingsOf({ main, secure: 'diskimages: [{name: base, env-vars: {KEY: 4711}}]\n' });

    expect(lines.join()).toContain('expected a string, got a number');
    expect(lines.join()).not.toContain('4711');
  });

  it('is refused when it is no YAML', async () => {
    expect(await findingsOf({ main, secure: 'a: [\n' })).toEqual([expect.stringMatching(/^secure\.yaml:2:1: error/)]);
  });
});
