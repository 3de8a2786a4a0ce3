import { describe, expect, it } from 'vitest';
import { ConfigError } from './errors.js';
import { formatFinding } from './finding.js';
import { checkConfig, loadConfig } from './load.js';
import { aConfig, findingsOf, inMemory, tinyDriver } from './testing/index.js';

describe('loadConfig', () => {
  it('fills in the defaults of an empty configuration', async () => {
    const { config, findings } = await loadConfig(inMemory({ main: '', missingZooKeeper: 'allow' }));

    expect(findings).toEqual([]);
    expect(config).toEqual(aConfig());
  });

  it('takes sections without a value for missing ones', async () => {
    const main = 'labels:\nproviders:\ndiskimages:\nwebapp:\ntenant-resource-limits:\nzookeeper-tls:\n';

    const { config } = await loadConfig(inMemory({ main, missingZooKeeper: 'allow' }));

    expect(config.labels.size).toBe(0);
    expect(config.webapp.port).toBe(8005);
  });

  it('reads every section', async () => {
    const main = `
webapp: {port: 80, listen_address: '::'}
elements-dir: /e
images-dir: /i
build-log-dir: /l
build-log-retention: -1
zookeeper-servers:
  - {host: '2001:db8::1', chroot: /np/}
  - {host: zk2, port: 2181, chroot: /np}
zookeeper-tls: {cert: c, key: k, ca: a}
zookeeper-timeout: 2.5
max-hold-age: 60
labels:
  - {name: small, min-ready: -1, max-ready-age: 30}
tenant-resource-limits:
  - {tenant-name: t, max-servers: 1, max-cores: 2, max-ram: 3, max-volumes: 4, max-volume-gb: 5, L-1216C47A: 6}
providers:
  - name: one
    driver: tiny
    pools: [{name: main, labels: [{name: small, cloud-image: debian, flavor-name: m1}]}]
    cloud-images: [{name: debian}]
`;

    const { config, findings } = await loadConfig(inMemory({ main }));

    expect(findings).toEqual([]);
    expect(config.webapp).toMatchObject({
      port: 80,
      listenAddress: '::',
      readAccess: 'open',
      trustedProxies: [],
      tokens: [],
    });
    expect(config.zookeeper).toEqual({
      servers: ['[2001:db8::1]:2281', 'zk2:2181'],
      chroot: '/np',
      sessionTimeoutMs: 2500,
      tls: { cert: 'c', key: 'k', ca: 'a' },
    });
    expect(config.labels.get('small')).toEqual({ name: 'small', minReady: 0, maxReadyAgeSec: 30 });
    expect(config.tenantLimits.get('t')).toEqual({
      instances: 1,
      cores: 2,
      ram: 3,
      volumes: 4,
      'volume-gb': 5,
      'L-1216C47A': 6,
    });
    expect(config.providers.get('one')).toMatchObject({ driver: 'tiny', pools: [{ labels: [{ name: 'small' }] }] });
  });

  it('throws an error that carries all findings', async () => {
    const loading = loadConfig(inMemory({ main: 'max-hold-age: soon\nlabels: [{name: 7}]\n' }));

    const error = await loading.catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ code: 'NP_CONFIG_INVALID' });
    expect((error as ConfigError).findings.map((finding) => [finding.code, finding.path])).toEqual([
      ['NP_CONFIG_ZOOKEEPER_MISSING', 'zookeeper-servers'],
      ['NP_CONFIG_TYPE', 'max-hold-age'],
      ['NP_CONFIG_TYPE', 'labels[0].name'],
    ]);
  });

  it('says that a file does not exist', async () => {
    const options = { ...inMemory({ main: '' }), path: '/nowhere/nodepool.yaml' };

    const error = await loadConfig(options).catch((reason: unknown) => reason);

    expect(error).toMatchObject({ code: 'NP_CONFIG_UNREADABLE' });
    expect((await checkConfig(options)).map(formatFinding)).toEqual([
      '/nowhere/nodepool.yaml: error: the file does not exist. Remedy: create it, or give the path of another one',
    ]);
  });

  it('tells the versions of the files it has read', async () => {
    const { files } = await loadConfig(inMemory({ main: '', secure: '', missingZooKeeper: 'allow' }));

    expect(files).toEqual([
      { path: 'nodepool.yaml', version: '1' },
      { path: 'secure.yaml', version: '1' },
    ]);
  });
});

describe('unknown keys', () => {
  const main = 'max-hold-ages: 5\nlabels: [{name: a, min_ready: 1}]\n';

  it('are a warning to a daemon, which goes on without them', async () => {
    const { config, findings } = await loadConfig(inMemory({ main, missingZooKeeper: 'allow' }));

    expect(findings.map(({ severity, code, path }) => [severity, code, path])).toEqual([
      ['warning', 'NP_CONFIG_UNKNOWN_KEY', 'max-hold-ages'],
      ['warning', 'NP_CONFIG_UNUSED', 'labels[0].name'],
      ['warning', 'NP_CONFIG_UNKNOWN_KEY', 'labels[0].min_ready'],
    ]);
    expect(config.labels.get('a')).toMatchObject({ minReady: 0 });
  });

  it('are an error to the validator, with the nearest known key', async () => {
    const lines = await findingsOf({ main, unknownKeys: 'error', missingZooKeeper: 'allow' });

    expect(lines).toContain(
      'nodepool.yaml:1:1: error: max-hold-ages: unknown key "max-hold-ages" (did you mean "max-hold-age"?). ' +
        'Remedy: write "max-hold-age", or remove the key',
    );
    expect(lines).toContain(
      'nodepool.yaml:2:20: error: labels[0].min_ready: unknown key "min_ready" (did you mean "min-ready"?). ' +
        'Remedy: write "min-ready", or remove the key',
    );
  });

  it('of a driver are found as well', async () => {
    const main = 'providers: [{name: one, driver: tiny, pools: [{name: p, max-server: 1}]}]';

    const lines = await findingsOf({ main, unknownKeys: 'error', missingZooKeeper: 'allow', drivers: [tinyDriver] });

    expect(lines[1]).toContain(
      'providers[0].pools[0].max-server: unknown key "max-server" (did you mean "max-servers"?)',
    );
  });
});
