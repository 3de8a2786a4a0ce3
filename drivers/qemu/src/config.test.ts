import { undescribedKeys } from '@nodepool/driver-api/conformance';
import { describe, expect, it } from 'vitest';
import { configSchema } from './config.js';

const minimal = { name: 'here', driver: 'qemu', 'state-dir': '/var/lib/nodepool/qemu' };

const withLabel = (label: object): object => ({ ...minimal, pools: [{ name: 'main', labels: [label] }] });

describe('the configuration of qemu', () => {
  it('has a description for every key', () => {
    expect(undescribedKeys(configSchema)).toEqual([]);
  });

  it('needs no more than a name and a folder', () => {
    const config = configSchema.parse(minimal);

    expect(config).toMatchObject({
      stateDir: '/var/lib/nodepool/qemu',
      imageFormat: 'qcow2',
      accelerator: 'auto',
      kvmProbeMs: 5000,
      bootTimeoutMs: 180_000,
      bridge: undefined,
      authorizedKeys: [],
      quota: {},
    });
  });

  it('counts memory and cores of all instances against the quota', () => {
    const config = configSchema.parse({ ...minimal, quota: { instances: 3, cores: 4, ram: 2048 } });

    expect(config.quota).toEqual({ instances: 3, cores: 4, ram: 2048 });
  });

  it('gives a label what its pool says, unless it says otherwise', () => {
    const label = { name: 'small', diskimage: 'mini' };
    const pool = { name: 'main', 'host-key-checking': false, 'max-servers': 2, 'max-ram': 1024 };
    const labels = [label, { ...label, name: 'large', memory: 4096, cores: 2, 'host-key-checking': true }];

    const config = configSchema.parse({ ...minimal, pools: [{ ...pool, labels }] });

    expect(config.pools[0]).toMatchObject({
      limits: { instances: 2, ram: 1024 },
      labels: [
        { name: 'small', memoryMiB: 512, cores: 1, hostKeyChecking: false },
        { name: 'large', memoryMiB: 4096, cores: 2, hostKeyChecking: true },
      ],
    });
  });

  it('takes the path of a cloud image from its id, its name or its own name', () => {
    const images = [
      { name: 'a', 'image-id': '/images/a.qcow2' },
      { name: 'b', 'image-name': '/images/b.img', 'image-format': 'raw' },
      { name: '/images/c.qcow2' },
    ];

    const config = configSchema.parse({ ...minimal, 'cloud-images': images });

    expect(config.cloudImages.map(({ path, format }) => [path, format])).toEqual([
      ['/images/a.qcow2', 'qcow2'],
      ['/images/b.img', 'raw'],
      ['/images/c.qcow2', 'qcow2'],
    ]);
  });

  it.each([
    ['a relative state-dir', { ...minimal, 'state-dir': 'state' }, 'absolute path'],
    ['a relative image', { ...minimal, 'cloud-images': [{ name: 'a' }] }, 'absolute path'],
    ['an unknown key', { ...minimal, cloud: 'x' }, 'cloud'],
    ['an unknown accelerator', { ...minimal, accelerator: 'xen' }, 'accelerator'],
    ['a bridge that is an option of its own', { ...minimal, bridge: 'br0,id=x' }, 'network interface'],
    ['leases of no bridge', { ...minimal, 'bridge-leases': '/leases' }, 'bridge-leases needs bridge'],
    ['restrictions on a bridge', { ...minimal, bridge: 'br0', 'restrict-network': true }, 'does not work on a bridge'],
    ['a label without an image', withLabel({ name: 'small' }), 'one of diskimage and cloud-image'],
    ['a label with two images', withLabel({ name: 's', diskimage: 'a', 'cloud-image': 'b' }), 'only one of'],
  ])('refuses %s', (_what, keys, message) => {
    const result = configSchema.safeParse(keys);

    expect(result.success ? '' : result.error.message).toContain(message);
  });
});
