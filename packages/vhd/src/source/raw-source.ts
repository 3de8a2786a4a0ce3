import { stat } from 'node:fs/promises';
import { VhdError } from '../errors.js';

/** A file as it was when the work on it began. */
export interface RawSource {
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  /** Differs after every write. */
  readonly fingerprint: string;
}

/** @throws VHD_SOURCE_UNUSABLE */
export async function openSource(path: string): Promise<RawSource> {
  const found = await stat(path, { bigint: true }).catch((cause: unknown) => {
    throw new VhdError('VHD_SOURCE_UNUSABLE', `reading ${path}`, { cause });
  });
  if (!found.isFile()) throw new VhdError('VHD_SOURCE_UNUSABLE', `${path} is not a regular file`);
  if (found.size === 0n) throw new VhdError('VHD_SOURCE_UNUSABLE', `${path} is empty`);
  const { dev, ino, size, mtimeNs } = found;
  const fingerprint = [dev, ino, size, mtimeNs].join(':');
  return { path, bytes: Number(size), mtimeMs: Number(mtimeNs / 1_000_000n), fingerprint };
}

/** @throws VHD_SOURCE_CHANGED when the file is not what it was. */
export async function confirmUnchanged(source: RawSource): Promise<void> {
  const now = await openSource(source.path);
  if (now.fingerprint === source.fingerprint) return;
  throw new VhdError('VHD_SOURCE_CHANGED', `${source.path} was written to while it was read`);
}
