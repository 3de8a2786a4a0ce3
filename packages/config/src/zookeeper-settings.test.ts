import { readdir } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from './load.js';
import { readConfigFile } from './read-file.js';
import { readZooKeeperSettings } from './zookeeper-settings.js';

const production = new URL('../testdata/production/', import.meta.url);

async function bothOf(main: string, secure?: string, env: Readonly<Record<string, string>> = {}) {
  const options = {
    path: 'main',
    securePath: secure === undefined ? undefined : 'secure',
    env,
    readFile: async (path: string) => ({ text: path === 'main' ? main : (secure ?? ''), version: '' }),
  };
  const loaded = loadConfig({ ...options, drivers: [] }).then(
    ({ config }) => config.zookeeper,
    () => undefined,
  );
  return { fast: await readZooKeeperSettings(options), full: await loaded };
}

const server = fc.record(
  {
    host: fc.constantFrom<unknown>('zk1', '127.0.0.1', '::1', '[::1]', '', 7, null),
    port: fc.constantFrom<unknown>(2181, 65_536, 0, '2181', 'ten', null, 1.5),
    chroot: fc.constantFrom<unknown>('', '/', '/a', '/a/', '/a/../b', 'a', null, 3),
    password: fc.constantFrom<unknown>('x'),
  },
  { requiredKeys: [] },
);
const tls = fc.record(
  {
    cert: fc.constantFrom<unknown>('cert.pem', '', null, 1),
    key: fc.constantFrom<unknown>('key.pem'),
    ca: fc.constantFrom<unknown>('ca.pem'),
    crl: fc.constantFrom<unknown>('crl.pem'),
  },
  { requiredKeys: [] },
);
const likely = <T>(value: fc.Arbitrary<T>, plain: T): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<unknown>(plain) },
    value,
    fc.constantFrom<unknown>(null, {}, [], 'x', 5),
  );
const sections = fc.record(
  {
    'zookeeper-servers': likely(fc.array(server, { maxLength: 3 }), [{ host: 'zk1' }, { host: 'zk2', port: 2181 }]),
    'zookeeper-tls': likely(tls, { cert: 'c', key: 'k', ca: 'a' }),
    'zookeeper-timeout': fc.constantFrom<unknown>(10, 12.5, 0, -1, '10', null),
  },
  { requiredKeys: [] },
);

describe('the settings for ZooKeeper read alone', () => {
  it('are those of the whole configuration, or are left to it', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(sections, fc.option(sections, { nil: undefined }), async (main, secure) => {
        const { fast, full } = await bothOf(stringify(main), secure && stringify(secure));

        if (fast !== undefined) {
          read += 1;
          expect(fast).toEqual(full);
        }
      }),
      { numRuns: 500 },
    );
    // About sixty of five hundred are read; fewer than ten is a chance of nil.
    expect(read).toBeGreaterThan(10);
  });

  it('are read of every production file that names servers', async () => {
    for (const name of await readdir(production)) {
      const { text } = await readConfigFile(new URL(name, production).pathname);

      const { fast, full } = await bothOf(text);

      expect([name, fast]).toEqual([name, full]);
    }
  });

  it('are read although the rest has errors', async () => {
    const { fast, full } = await bothOf('zookeeper-servers: [{host: zk1}]\nlabels: 7\n');

    expect(full).toBeUndefined();
    expect(fast).toEqual({ servers: ['zk1:2281'], chroot: '', sessionTimeoutMs: 10_000, tls: undefined });
  });

  it('may stand in environment variables', async () => {
    const { fast } = await bothOf('zookeeper-servers: [{host: "%(NODEPOOL_ZK)"}]\n', undefined, { NODEPOOL_ZK: 'zk9' });

    expect(fast?.servers).toEqual(['zk9:2281']);
  });

  it.each([
    'zookeeper-servers: [{host: zk1}',
    '- a list',
    'labels: []',
    'a: 1\na: 2\nzookeeper-servers: [{host: zk1}]',
  ])('are not read of %j', async (text) => {
    expect((await bothOf(text)).fast).toBeUndefined();
  });

  it('are not read when a file is missing', async () => {
    expect(await readZooKeeperSettings({ path: '/nonexistent/nodepool.yaml', env: {} })).toBeUndefined();
  });
});
