import { defineDriver } from '@nodepool/driver-api';
import { FakeCloud } from './cloud.js';
import { configSchema } from './config.js';
import { fakeProvider } from './provider.js';

/** A cloud inside the process. See README.md. */
export const fake = defineDriver({
  name: 'fake',
  configSchema,
  load: async () => {
    // A cloud in memory outlives the provider object, which is made anew when the configuration changes.
    const inMemory = new Map<string, FakeCloud>();
    return (config, deps) => {
      const { stateDir } = config.fake;
      const cloud =
        stateDir === undefined
          ? (inMemory.get(config.name) ?? new FakeCloud(deps.clock, undefined))
          : new FakeCloud(deps.clock, stateDir);
      if (stateDir === undefined) inMemory.set(config.name, cloud);
      return fakeProvider(config, cloud, deps);
    };
  },
});

export type { Latency } from './chance.js';
export type { FailureRates, FakeProviderConfig } from './config.js';
