import { readFile, writeFile } from 'node:fs/promises';
import { errorCode } from '@nodepool/runtime';

/** Checksums of an image file, as its neighbours tell them. */
export interface Checksums {
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
}

/** Checksums of an image file, all there. */
export interface Digests {
  readonly md5: string;
  readonly sha256: string;
}

export const digestNames = ['md5', 'sha256'] as const;

/**
 * Reads `<path>.md5` and `<path>.sha256`.
 *
 * Source: docs/compatibility/builder.md section 5.
 */
export async function readChecksums(path: string): Promise<Checksums> {
  const [md5, sha256] = await Promise.all([readDigest(`${path}.md5`, 32), readDigest(`${path}.sha256`, 64)]);
  return { md5, sha256 };
}

/** Writes `<path>.md5` and `<path>.sha256`, as md5sum and sha256sum print them. */
export async function writeChecksums(path: string, digests: Digests): Promise<void> {
  for (const name of digestNames) await writeFile(`${path}.${name}`, `${digests[name]}  ${path}\n`);
}

/** Undefined when the file is missing or does not begin with a digest of that length. */
async function readDigest(path: string, length: number): Promise<string | undefined> {
  try {
    const digest = (await readFile(path, 'latin1')).slice(0, length).toLowerCase();
    return digest.length === length && /^[0-9a-f]+$/.test(digest) ? digest : undefined;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
