import type { PlainMap, PlainValue } from './yaml/plain.js';

export type { PlainMap, PlainValue };
export { readPlain };

import { readPlain, type ZooKeeperSettingsOptions } from './zookeeper-settings.js';

/** What a configuration calls things. */
export interface ConfiguredNames {
  readonly labels: readonly string[];
  readonly providers: readonly string[];
  readonly diskimages: readonly string[];
}

/**
 * The names in a configuration, without the schema, which takes too long for somebody who waits for a completion.
 * Entries without a name are left out; abstract diskimages too.
 *
 * @returns no names when the file cannot be read or is no YAML.
 */
export async function readConfiguredNames(
  options: Omit<ZooKeeperSettingsOptions, 'securePath'>,
): Promise<ConfiguredNames> {
  const main = await readPlain(options.path, options).catch((): PlainMap => ({}));
  return {
    labels: names(main['labels']),
    providers: names(main['providers']),
    diskimages: names(main['diskimages']),
  };
}

function names(value: PlainValue | undefined): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: PlainValue) => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return [];
    const { name, abstract } = entry as PlainMap;
    return typeof name === 'string' && abstract !== true ? [name] : [];
  });
}
