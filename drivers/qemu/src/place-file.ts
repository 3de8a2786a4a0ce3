import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream, createWriteStream } from 'node:fs';
import { copyFile, link, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { ProviderError } from '@nodepool/driver-api';
import { errorCode } from '@nodepool/runtime';

export interface FileToPlace {
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly md5: string | undefined;
  readonly sha256: string | undefined;
}

/** Small enough that hashing a piece does not hold up the process, large enough to be fast. */
const pieceBytes = 1024 * 1024;

/**
 * Makes `target` a file with the content of `source`, by a hard link or a copy that shares its blocks where the file system
 * can, else by copying. The checksum is verified: sha256, or md5 when there is no other.
 *
 * @param onProgress is told the bytes read so far.
 * @throws ProviderError `transient` when the checksum is wrong; `target` is then there all the same.
 */
export async function placeFile(
  source: FileToPlace,
  target: string,
  signal: AbortSignal,
  onProgress?: (bytes: number) => void,
): Promise<void> {
  signal.throwIfAborted();
  const expected = source.sha256 ?? source.md5;
  const hash = expected === undefined ? undefined : createHash(source.sha256 === undefined ? 'md5' : 'sha256');
  const shared = (await linked(source.path, target)) || (await cloned(source.path, target));
  if (shared && hash === undefined) onProgress?.((await stat(target)).size);
  else await read(source.path, shared ? undefined : target, hash, signal, onProgress);
  if (expected !== undefined && hash?.digest('hex') !== expected.toLowerCase()) {
    throw new ProviderError('transient', `${source.path} does not have its checksum`);
  }
}

async function linked(source: string, target: string): Promise<boolean> {
  return await triedSharing(link(source, target), ['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP']);
}

async function cloned(source: string, target: string): Promise<boolean> {
  const cannot = ['EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM'];
  return await triedSharing(copyFile(source, target, constants.COPYFILE_FICLONE_FORCE), cannot);
}

async function triedSharing(attempt: Promise<void>, cannot: readonly string[]): Promise<boolean> {
  try {
    await attempt;
    return true;
  } catch (error) {
    if (cannot.includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function read(
  source: string,
  target: string | undefined,
  hash: Hash | undefined,
  signal: AbortSignal,
  onProgress: ((bytes: number) => void) | undefined,
): Promise<void> {
  let bytes = 0;
  const count = (piece: Buffer): void => {
    hash?.update(piece);
    bytes += piece.length;
    onProgress?.(bytes);
  };
  const pieces: AsyncIterable<Buffer> = createReadStream(source, { highWaterMark: pieceBytes, signal });
  if (target === undefined) {
    for await (const piece of pieces) count(piece);
    return;
  }
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const piece of pieces) {
      count(piece);
      yield piece;
    }
  };
  await pipeline(counted, createWriteStream(target, { flush: true }), { signal });
}
