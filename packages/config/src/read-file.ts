import { open } from 'node:fs/promises';

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
  const stat = await file.stat({ bigint: true });
  if (stat.isDirectory()) throw new Error('it is a directory');
  if (stat.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  return { text: await file.readFile('utf8'), version: fileVersion(stat) };
};

/** Modification time in nanoseconds, size and inode: an editor that replaces the file changes at least one. */
export function fileVersion(stat: { readonly mtimeNs: bigint; readonly size: bigint; readonly ino: bigint }): string {
  return `${stat.mtimeNs}-${stat.size}-${stat.ino}`;
}
