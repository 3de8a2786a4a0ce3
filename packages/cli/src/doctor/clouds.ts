import type { Config } from '@nodepool/config';
import { findDriver } from '@nodepool/driver-registry';
import { deadline } from '@nodepool/runtime';
import type { CommandContext } from '../command.js';
import { openProvider } from '../foreground-delete.js';
import type { Clouds } from './providers.js';

/** For one list of instances, sign-in included, milliseconds. */
const patienceMs = 20_000;

/** The clouds of the configuration, by their drivers. */
export function configuredClouds(context: CommandContext, { providers }: Config): Clouds {
  return {
    prerequisites: async (name) => {
      const config = providers.get(name);
      return config && (await findDriver(config.driver)?.prerequisites?.(config));
    },
    countInstances: async (name) => {
      using limit = deadline(context.clock, patienceMs, context.signal);
      await using provider = await openProvider(context, name);
      const call = { signal: limit.signal, log: (await context.log()).child({ provider: name }) };
      const instances = (await provider?.listInstances(call)) ?? [];
      return instances.length;
    },
  };
}
