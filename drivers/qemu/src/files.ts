import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, errorCode } from '@nodepool/runtime';

/** Where this driver keeps its things. */
export interface Layout {
  readonly images: string;
  readonly instances: string;
  /** What the trial of KVM found. */
  readonly accelerator: string;
}

export function layoutOf(stateDir: string): Layout {
  return {
    images: join(stateDir, 'images'),
    instances: join(stateDir, 'instances'),
    accelerator: join(stateDir, 'accelerator.json'),
  };
}

/**
 * Whether `id` can be one of ours. Ids come back from records that others can write, and become parts of paths: a
 * leading dot is refused, for `..` and for the folders that {@link createFolder} and {@link removeFolder} use.
 */
export function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[A-Za-z0-9][\w.-]{0,127}$/.test(id);
}

/** Replaces a file as a whole: readers see the old or the new one, also after a crash. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(value, undefined, 2)}\n`, { flush: true });
  await rename(`${path}.new`, path);
}

/** The parsed file; undefined when there is none. */
export async function readJson(path: string): Promise<unknown> {
  const content = await readIfPresent(path);
  return content === undefined ? undefined : JSON.parse(content);
}

/** The file's text; undefined when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Makes a folder that holds `name` from the first moment.
 *
 * @param unique tells this attempt from others.
 * @returns false when there is such a folder already.
 */
export async function createFolder(folder: string, name: string, value: unknown, unique: string): Promise<boolean> {
  const fresh = join(dirname(folder), `.new-${unique}`);
  await mkdir(fresh, { recursive: true });
  try {
    await writeJson(join(fresh, name), value);
    await rename(fresh, folder);
    return true;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (errorCode(error) === 'ENOTEMPTY' || errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a folder; to others it is gone at once.
 *
 * @returns false when there is no such folder.
 */
export async function removeFolder(folder: string, unique: string): Promise<boolean> {
  const gone = join(dirname(folder), `.gone-${unique}`);
  try {
    await rename(folder, gone);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
  await rm(gone, { recursive: true, force: true });
  return true;
}

/** Remains of an interrupted call that are older than this belong to nobody. */
const remainsAgeMs = 600_000;

/** The ids of all folders in `parent`, which need not exist. Removes old remains of interrupted calls on the way. */
export async function listFolders(parent: string, clock: Clock): Promise<readonly string[]> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((each) => each.startsWith('.'))) {
    const remains = join(parent, name);
    const info = await statIfPresent(remains);
    if (info !== undefined && clock.now() - info.mtimeMs > remainsAgeMs) {
      await rm(remains, { recursive: true, force: true });
    }
  }
  return names.filter(isId);
}

/** Size and age of a file; undefined when there is none. */
export async function statIfPresent(
  path: string,
): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
