import type { BigIntStats } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { errorCode } from '@nodepool/runtime';

/** A file as it was at one moment. */
export interface ReadFileResult {
  readonly text: string;
  /** Differs when the file was written or replaced. */
  readonly version: string;
}

/** Reads one file. Rejects with the platform's error (`ENOENT` and so on). */
export type ReadConfigFile = (path: string) => Promise<ReadFileResult>;

/** A configuration has no business being larger; reading is bounded by this. Bytes. */
const maxBytes = 64 * 1024 * 1024;

/** Reads from disk. The version is taken first: what is written while we read looks like another version later. */
export const readConfigFile: ReadConfigFile = async (path) => {
  await using file = await open(path, 'r');
  const stats = await file.stat({ bigint: true });
  if (stats.isDirectory()) throw new Error('it is a directory');
  if (stats.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  return { text: await file.readFile('utf8'), version: fileVersion(stats) };
};

/** The version of a file that is not read now; undefined when there is no such file. */
export async function versionOf(path: string): Promise<string | undefined> {
  try {
    return fileVersion(await stat(path, { bigint: true }));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What changes whenever a file is written, replaced or made readable: times in nanoseconds, size and inode. */
function fileVersion(stats: BigIntStats): string {
  return [stats.mtimeNs, stats.ctimeNs, stats.size, stats.ino].join('-');
}
