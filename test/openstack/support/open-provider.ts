import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Provider } from '@nodepool/driver-api';
import { openstack } from '@nodepool/driver-openstack';
import { type Logger, silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { onTestFinished, vi } from 'vitest';

export interface ProviderOptions {
  /** Where its clouds.yaml is written. */
  readonly folder: string;
  /** The entry `testcloud` of clouds.yaml. */
  readonly cloud: object;
  /** Further keys of nodepool.yaml. */
  readonly keys?: object;
  readonly log?: Logger;
}

/** The driver by itself in the test cloud, until the test has ended. */
export async function openProvider({ folder, cloud, keys, log = silentLogger }: ProviderOptions): Promise<Provider> {
  const file = join(folder, 'clouds.yaml');
  await writeFile(file, JSON.stringify({ clouds: { testcloud: cloud } }), { mode: 0o600 });
  vi.stubEnv('OS_CLIENT_CONFIG_FILE', file);
  const named = { driver: 'openstack', name: 'alone', cloud: 'testcloud', rate: 0 };
  const make = await openstack.load();
  const provider = make(openstack.configSchema.parse({ ...named, ...keys }), {
    clock: systemClock,
    random: systemRandom,
    log,
  });
  onTestFinished(async () => {
    await provider.close?.();
    vi.unstubAllEnvs();
  });
  return provider;
}
