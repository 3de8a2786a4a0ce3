import type { Driver, Provider, ProviderConfig } from '@nodepool/driver-api';
import { drivers } from '@nodepool/driver-registry';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { driverProviders } from './open-provider.js';

const deps = { clock: new FakeClock(), random: seededRandom(1), log: silentLogger };
const config = { name: 'p', driver: 'x' } as ProviderConfig;
const provider = {} as Provider;

function driverThatLoads(load: () => Promise<() => Provider>): Driver {
  return { name: 'x', configSchema: drivers[0].configSchema, load };
}

describe('providers of drivers', () => {
  it('load each driver once', async () => {
    let loads = 0;
    const driver = driverThatLoads(async () => {
      loads += 1;
      return () => provider;
    });
    const providers = driverProviders(() => driver);

    const opened = await Promise.all([providers.open(config, deps), providers.open(config, deps)]);

    expect(opened).toEqual([provider, provider]);
    expect(loads).toBe(1);
  });

  it('load a driver again that could not be loaded', async () => {
    let loads = 0;
    const driver = driverThatLoads(async () => {
      loads += 1;
      if (loads === 1) throw new Error('Cannot find package');
      return () => provider;
    });
    const providers = driverProviders(() => driver);
    await expect(providers.open(config, deps)).rejects.toThrow('Cannot find package');

    expect(await providers.open(config, deps)).toBe(provider);
  });

  it('say so when this release lacks the driver', async () => {
    const providers = driverProviders(() => undefined);

    await expect(providers.open(config, deps)).rejects.toMatchObject({
      code: 'misconfigured',
      message: 'this release has no driver x',
    });
  });
});
