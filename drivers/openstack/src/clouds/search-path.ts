import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorCode } from '@nodepool/runtime';
import { ApiError } from '../errors.js';
import { parseSettings } from './parse-settings.js';
import type { Settings } from './settings.js';

/** Where a process finds its clouds. */
export interface CloudPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
}

export interface FoundFile {
  /** Undefined when there is no such file anywhere. */
  readonly path: string | undefined;
  readonly settings: Settings;
}

/** The base names of the three files that openstacksdk reads. */
export type CloudFileName = 'clouds' | 'secure' | 'clouds-public';

const overrides: Readonly<Record<CloudFileName, string | undefined>> = {
  clouds: 'OS_CLIENT_CONFIG_FILE',
  secure: 'OS_CLIENT_SECURE_FILE',
  'clouds-public': undefined,
};

const suffixes = ['.yaml', '.yml', '.json'];

/**
 * Where a file is looked for, in order: what the environment names, the working directory, the user's and the machine's
 * configuration directories. Source: openstacksdk, user documentation, "Config Files".
 */
export function candidateFiles(name: CloudFileName, { env, cwd, home }: CloudPlaces): readonly string[] {
  const snapHome = env['SNAP_REAL_HOME'];
  const userDirectory = resolve(cwd, env['XDG_CONFIG_HOME'] || join(home, '.config'));
  const directories = [
    cwd,
    join(userDirectory, 'openstack'),
    join(snapHome || home, '.config', 'openstack'),
    ...(env['XDG_CONFIG_DIRS'] || '/etc/xdg').split(':').map((directory) => resolve(cwd, directory, 'openstack')),
    '/etc/openstack',
  ];
  const override = overrides[name];
  const named = override === undefined ? undefined : env[override];
  const files = directories.flatMap((directory) => suffixes.map((suffix) => join(directory, name + suffix)));
  return [...new Set(named ? [resolve(cwd, named), ...files] : files)];
}

/** The first of the candidates that exists and may be read; the others are not looked at. */
export function findFile(name: CloudFileName, places: CloudPlaces): FoundFile {
  for (const path of candidateFiles(name, places)) {
    if (!existsSync(path)) continue;
    const text = readable(path);
    if (text !== undefined) return { path, settings: parseSettings(text, path) };
  }
  return { path: undefined, settings: {} };
}

function readable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'EACCES') return undefined;
    throw new ApiError('misconfigured', `${path} cannot be read`, { cause: error });
  }
}
