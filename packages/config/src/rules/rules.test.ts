import { describe, expect, it } from 'vitest';
import { checkConfig } from '../load.js';
import { type Files, inMemory } from '../testing/index.js';

/** `severity CODE path` of each finding, the code without its prefix. */
async function found(main: object, options: Partial<Files> = {}): Promise<readonly string[]> {
  const files: Files = { missingZooKeeper: 'allow', ...options, main: JSON.stringify(main) };
  const findings = await checkConfig(inMemory(files));
  return findings.map(({ severity, code, path }) => `${severity} ${code.replace('NP_CONFIG_', '')} ${path}`).sort();
}

const built = { formats: ['raw'] };

describe('rules on names', () => {
  it('refuse two entries of one name in any list', async () => {
    const label = { name: 'l', diskimage: 'd', 'flavor-name': 'x' };
    const provider = {
      name: 'p',
      driver: 'tiny',
      cloud: 'c',
      diskimages: [{ name: 'd' }, { name: 'd' }],
      'cloud-images': [{ name: 'c' }, { name: 'c' }],
      pools: [
        { name: 'q', labels: [label, label] },
        { name: 'q', labels: [label] },
      ],
    };

    expect(
      await found({
        labels: [{ name: 'l' }, { name: 'l' }],
        diskimages: [{ name: 'd' }, { name: 'd' }],
        providers: [provider, { name: 'p', driver: 'tiny', cloud: 'c' }],
        'tenant-resource-limits': [{ 'tenant-name': 't' }, { 'tenant-name': 't' }],
      }),
    ).toEqual([
      'error DUPLICATE_NAME diskimages[1].name',
      'error DUPLICATE_NAME labels[1].name',
      'error DUPLICATE_NAME providers[0].cloud-images[1].name',
      'error DUPLICATE_NAME providers[0].diskimages[1].name',
      'error DUPLICATE_NAME providers[0].pools[0].labels[1].name',
      'error DUPLICATE_NAME providers[0].pools[1].name',
      'error DUPLICATE_NAME providers[1].name',
      'error DUPLICATE_NAME tenant-resource-limits[1].tenant-name',
    ]);
  });

  it.each(['a/b', '..', '.'])('refuse the provider name %j', async (name) => {
    expect(await found({ providers: [{ name, driver: 'tiny' }] })).toEqual(['error VALUE providers[0].name']);
  });
});

describe('rules on labels', () => {
  it('count the labels of static nodes, in a list or in one text', async () => {
    const nodes = [
      { name: 'a', labels: 'one  two' },
      { name: 'b', labels: ['three', 'four'] },
    ];

    expect(
      await found({
        labels: [{ name: 'one' }, { name: 'three' }],
        providers: [{ name: 'p', driver: 'static', pools: [{ name: 'q', nodes }] }],
      }),
    ).toEqual([
      'error UNDEFINED_LABEL providers[0].pools[0].nodes[0].labels',
      'error UNDEFINED_LABEL providers[0].pools[0].nodes[1].labels',
      'warning DRIVER_UNAVAILABLE providers[0].driver',
    ]);
  });

  it('refuse two images for one label, and none, of a driver that has images', async () => {
    const labels = [{ name: 'l', diskimage: 'd', 'cloud-image': 'c' }];
    const provider = {
      name: 'p',
      diskimages: [{ name: 'd' }],
      'cloud-images': [{ name: 'c' }],
      pools: [{ name: 'q', labels }],
    };
    const file = { labels: [{ name: 'l' }], diskimages: [{ name: 'd' }] };

    expect(await found({ ...file, providers: [provider] })).toContain(
      'error LABEL_IMAGE providers[0].pools[0].labels[0]',
    );
    expect(await found({ ...file, providers: [{ ...provider, driver: 'tiny' }] })).toContain(
      'error VALUE providers[0].pools[0].labels[0]',
    );
    expect(
      await found({
        labels: [{ name: 'l' }],
        providers: [{ name: 'p', driver: 'kubernetes', pools: [{ name: 'q', labels: [{ name: 'l' }] }] }],
      }),
    ).toEqual(['warning DRIVER_UNAVAILABLE providers[0].driver']);
  });

  it('warn of pools without labels', async () => {
    expect(await found({ providers: [{ name: 'p', driver: 'tiny', pools: [{ name: 'q' }] }] })).toEqual([
      'warning UNUSED providers[0].pools[0]',
    ]);
  });
});

describe('rules on diskimages', () => {
  it('refuse an image that is its own parent, and report each cycle once', async () => {
    expect(
      await found({
        diskimages: [
          { name: 'self', parent: 'self', ...built },
          { name: 'outside', parent: 'a', ...built },
          { name: 'a', parent: 'b', ...built },
          { name: 'b', parent: 'c', ...built },
          { name: 'c', parent: 'a', ...built },
        ],
      }),
    ).toEqual(['error PARENT_CYCLE diskimages[0].parent', 'error PARENT_CYCLE diskimages[2].parent']);
  });

  it('know that formats and providers may come from elsewhere', async () => {
    expect(
      await found({
        diskimages: [
          { name: 'base', abstract: true },
          { name: 'formats', abstract: true, parent: 'base', ...built },
          { name: 'inherits', parent: 'formats' },
          { name: 'uploaded', parent: 'base' },
          { name: 'idle', parent: 'base' },
        ],
        providers: [{ name: 'p', driver: 'tiny', diskimages: [{ name: 'uploaded' }] }],
      }),
    ).toEqual(['warning UNUSED diskimages[4].name']);
  });

  it('warn of keep-formats where nothing is deleted', async () => {
    expect(
      await found({
        diskimages: [
          { name: 'base', abstract: true, 'keep-formats': ['raw'], ...built },
          { name: 'deletes', parent: 'base', 'delete-after-upload': true },
          { name: 'keeps', parent: 'deletes', 'delete-after-upload': false },
        ],
      }),
    ).toEqual(['warning UNUSED diskimages[2].keep-formats']);
  });
});

describe('rules on references to images', () => {
  it('want a label to boot what its own provider has', async () => {
    const labels = [
      { name: 'l', diskimage: 'd', 'flavor-name': 'x' },
      { name: 'm', 'cloud-image': 'c', 'flavor-name': 'x' },
    ];
    const pools = [{ name: 'q', labels }];

    expect(
      await found({
        labels: [{ name: 'l' }, { name: 'm' }],
        diskimages: [{ name: 'd' }],
        providers: [
          { name: 'has', driver: 'tiny', diskimages: [{ name: 'd' }], 'cloud-images': [{ name: 'c' }], pools },
          { name: 'lacks', driver: 'tiny', pools },
        ],
      }),
    ).toEqual([
      'error UNDEFINED_CLOUD_IMAGE providers[1].pools[0].labels[1].cloud-image',
      'error UNDEFINED_DISKIMAGE providers[1].pools[0].labels[0].diskimage',
    ]);
  });
});

describe('rules on providers', () => {
  it('force the driver fake by name in test mode only', async () => {
    const file = { providers: [{ name: 'fake-cloud' }] };

    expect(await found(file, { testMode: true })).toEqual([
      'error UNKNOWN_DRIVER providers[0].driver',
      'warning FAKE_NAME providers[0].name',
    ]);
    expect(await found(file)).toEqual([
      'warning DRIVER_UNAVAILABLE providers[0].driver',
      'warning FAKE_NAME providers[0].name',
    ]);
  });

  it('compare clouds by their region and what is cleaned up', async () => {
    const provider = { driver: 'openstack', cloud: 'c', 'port-cleanup-interval': 0 };
    const providers = [
      { name: 'one', ...provider, 'region-name': 'r' },
      { name: 'other region', ...provider, 'region-name': 's', 'clean-floating-ips': true },
      { name: 'no clean-up', ...provider, 'region-name': 'r' },
      { name: 'floating', ...provider, 'region-name': 'r', 'clean-floating-ips': true },
      { name: 'ports', ...provider, 'region-name': 's' },
    ];

    const lines = await found({ providers });

    expect(lines.filter((line) => line.includes('SHARED_CLOUD'))).toEqual([
      'warning SHARED_CLOUD providers[3].cloud',
      'warning SHARED_CLOUD providers[4].cloud',
    ]);
  });
});

describe('rules on old spellings', () => {
  it('warn of paused in providers and of dead keys', async () => {
    expect(
      await found({
        diskimages: [{ name: 'd' }],
        providers: [
          { name: 'p', driver: 'tiny', 'nodepool-id': 'x', diskimages: [{ name: 'd', pause: false, paused: true }] },
        ],
      }),
    ).toEqual([
      'warning OBSOLETE_KEY providers[0].diskimages[0].paused',
      'warning OBSOLETE_KEY providers[0].nodepool-id',
    ]);
  });
});

describe('rules on ZooKeeper', () => {
  it.each([
    ['error', ['error ZOOKEEPER_MISSING zookeeper-servers']],
    ['warn', ['warning ZOOKEEPER_MISSING zookeeper-servers']],
    ['allow', []],
  ] as const)('take missing servers as told: %s', async (missingZooKeeper, expected) => {
    expect(await found({}, { missingZooKeeper })).toEqual(expected);
  });

  it.each(['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', 'zk.localhost'])(
    'let connections to %s be plain',
    async (host) => {
      expect(await found({ 'zookeeper-servers': [{ host }] })).toEqual([]);
    },
  );

  it.each(['zk1', '10.0.0.1', '127.example.org', '::2'])('warn of plain connections to %s', async (host) => {
    expect(await found({ 'zookeeper-servers': [{ host }] })).toEqual(['warning ZOOKEEPER_PLAIN zookeeper-servers']);
  });

  it('take chroots with and without a slash at the end for the same', async () => {
    const servers = [
      { host: 'localhost', chroot: '/a/' },
      { host: '::1', chroot: '/a' },
    ];

    expect(await found({ 'zookeeper-servers': servers })).toEqual([]);
  });

  it.each([['a'], ['/a//b'], ['/a/../b'], ['/.']])('refuse the chroot %j', async (chroot) => {
    expect(await found({ 'zookeeper-servers': [{ host: 'localhost', chroot }] })).toEqual([
      'error CHROOT zookeeper-servers[0].chroot',
    ]);
  });

  it('refuse a chroot that only some servers have', async () => {
    const servers = [{ host: 'localhost' }, { host: '::1', chroot: '/a' }];

    expect(await found({ 'zookeeper-servers': servers })).toEqual(['error CHROOT zookeeper-servers[1].chroot']);
  });
});
