import { isDeepStrictEqual } from 'node:util';
import type { Config } from './types.js';

/** Names of providers by what became of them. */
export interface ProviderChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

/** Compares the resolved settings of each provider; comments and order of keys do not count. */
export function changedProviders(before: Config, after: Config): ProviderChanges {
  const kept = [...after.providers].filter(([name]) => before.providers.has(name));
  return {
    added: [...after.providers.keys()].filter((name) => !before.providers.has(name)),
    removed: [...before.providers.keys()].filter((name) => !after.providers.has(name)),
    changed: kept
      .filter(([name, provider]) => !isDeepStrictEqual(provider, before.providers.get(name)))
      .map(([name]) => name),
  };
}
