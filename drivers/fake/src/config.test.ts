import { describe, expect, it } from 'vitest';
import { configSchema } from './config.js';

const minimal = { driver: 'fake', name: 'trial' } as const;

describe('the configuration of the fake cloud', () => {
  it('needs no cloud and limits nothing', () => {
    expect(configSchema.parse(minimal)).toMatchObject({ cloud: 'fake', callIntervalMs: 0, bootTimeoutMs: 60_000 });
  });

  it('behaves perfectly and at once unless told otherwise', () => {
    const none = { minMs: 0, maxMs: 0 };

    expect(configSchema.parse(minimal).fake).toEqual({
      launchTime: none,
      bootTime: none,
      deleteTime: none,
      uploadTime: none,
      failures: { launch: 0, boot: 0, delete: 0, upload: 0, capacity: 0, quota: 0 },
      quota: {},
      flavors: {},
      availabilityZones: [],
      stateDir: undefined,
      imageFormat: 'qcow2',
    });
  });

  it('reads a latency as a number or a range', () => {
    const { fake } = configSchema.parse({ ...minimal, fake: { 'launch-ms': 5, 'boot-ms': { min: 10, max: 20 } } });

    expect(fake.launchTime).toEqual({ minMs: 5, maxMs: 5 });
    expect(fake.bootTime).toEqual({ minMs: 10, maxMs: 20 });
  });

  it.each([
    [{ 'boot-ms': { min: 2, max: 1 } }],
    [{ 'launch-ms': -1 }],
    [{ 'boot-failure': 1.5 }],
    [{ 'fail-rate': 1 }],
  ])('refuses %o', (fake) => {
    expect(configSchema.safeParse({ ...minimal, fake }).success).toBe(false);
  });

  it('takes what openstack takes', () => {
    const config = configSchema.parse({
      ...minimal,
      cloud: 'real',
      'region-name': 'north',
      rate: 1,
      pools: [
        {
          name: 'main',
          networks: ['net'],
          labels: [{ name: 'small', diskimage: 'debian', 'flavor-name': 'm1', 'boot-from-volume': true }],
        },
      ],
    });

    expect(config).toMatchObject({ cloud: 'real', regionName: 'north', callIntervalMs: 1000 });
    expect(config.pools[0]?.labels[0]).toMatchObject({ flavorName: 'm1', bootFromVolume: true, networks: ['net'] });
  });
});
