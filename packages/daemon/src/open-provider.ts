import {
  type Driver,
  type Provider,
  type ProviderConfig,
  type ProviderDeps,
  ProviderError,
} from '@nodepool/driver-api';
import { findDriver } from '@nodepool/driver-registry';

/** Makes bare providers of configurations: nothing is wrapped around them yet. */
export interface DriverProviders {
  /** @throws ProviderError `misconfigured` when this release has no such driver; whatever its SDK throws. */
  open(config: ProviderConfig, deps: ProviderDeps): Promise<Provider>;
}

type MakeProvider = Awaited<ReturnType<Driver['load']>>;

/** Loads each driver once, when it is needed first: one that keeps its cloud in memory keeps it in what it returns. */
export function driverProviders(find: (name: string) => Driver | undefined = findDriver): DriverProviders {
  const loaded = new Map<string, Promise<MakeProvider>>();
  const load = (name: string): Promise<MakeProvider> => {
    const known = loaded.get(name);
    if (known !== undefined) return known;
    const driver = find(name);
    if (driver === undefined) throw new ProviderError('misconfigured', `this release has no driver ${name}`);
    const loading = driver.load();
    loaded.set(name, loading);
    // What it lacks may be installed meanwhile: the next provider tries again.
    loading.catch(() => loaded.delete(name));
    return loading;
  };
  return { open: async (config, deps) => (await load(config.driver))(config, deps) };
}
