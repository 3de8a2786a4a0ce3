import { readFile } from 'node:fs/promises';
import { type Config, type LoadOptions, loadConfig } from '@nodepool/config';
import { SimulatorError } from '../errors.js';
import { type ChangedText, changeText } from './change-text.js';
import type { Setting } from './setting.js';

/**
 * Reads a configuration with other values in it, checked as if they stood in the file. It needs no ZooKeeper server.
 *
 * @throws ConfigError; SimulatorError `NP_SIMULATE_SET` when the configuration has no such place or key.
 */
export async function loadWith(
  options: Omit<LoadOptions, 'readFile' | 'missingZooKeeper'>,
  settings: readonly Setting[],
): Promise<Config> {
  const changed = settings.length === 0 ? undefined : await changeFile(options.path, settings);
  const { config, findings } = await loadConfig({
    ...options,
    missingZooKeeper: 'allow',
    readFile: async (path) => {
      const text = path === options.path ? changed?.text : undefined;
      return { text: text ?? (await readFile(path, 'utf8')), version: '' };
    },
  });
  const unknown = findings.find(
    ({ code, path }) => code === 'NP_CONFIG_UNKNOWN_KEY' && changed?.places.includes(path) === true,
  );
  if (unknown !== undefined) throw new SimulatorError('NP_SIMULATE_SET', `${unknown.path}: ${unknown.message}`);
  return config;
}

/** Undefined for a file that cannot be read: the loader says why. */
async function changeFile(path: string, settings: readonly Setting[]): Promise<ChangedText | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : changeText(text, settings);
}
