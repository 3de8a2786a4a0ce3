import { type FileHandle, open } from 'node:fs/promises';
import { VhdError } from '../errors.js';

/** A file that is read in pieces of bounded size. */
export interface VhdFile extends AsyncDisposable {
  readonly path: string;
  readonly bytes: number;
  /** What lies there: fewer bytes than asked for at the end of the file, none past it. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** @throws VHD_UNREADABLE */
export async function openVhdFile(path: string): Promise<VhdFile> {
  const file = await readable(path, () => open(path, 'r'));
  try {
    const { size } = await readable(path, () => file.stat());
    return {
      path,
      bytes: size,
      read: (offset, length) => readable(path, () => readAt(file, offset, Math.min(length, size - offset))),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  if (length <= 0) return new Uint8Array(0);
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new VhdError('VHD_UNREADABLE', `reading ${path}`, { cause });
  }
}
