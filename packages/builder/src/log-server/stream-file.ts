import { watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Clock, errorCode, Wakeup } from '@nodepool/runtime';

const chunkBytes = 65_536;

/** Looks again this often although nothing was told, milliseconds: not every file system tells. */
const lookMs = 5_000;

/** Between two looks for a file that is about to be made, milliseconds. */
const appearMs = 200;

/** A file that is read as it grows. */
export interface GrowingFile {
  readonly path: string;
  /** Where to begin, bytes. */
  readonly offset: number;
  /** Whether more may come. */
  readonly grows: () => boolean;
  /** Calls back when that has changed. */
  readonly onEnd: (listener: () => void) => Disposable;
}

/** Yields a file from `offset` on, and what is written to it, until it has ended or `signal` aborts. */
export async function* readGrowing(file: GrowingFile, clock: Clock, signal: AbortSignal): AsyncGenerator<Buffer> {
  const wakeup = new Wakeup(clock);
  await using handle = await openWhenThere(file, wakeup, signal);
  const watcher = file.grows() ? watch(file.path, { signal }, () => wakeup.mark()) : undefined;
  // A watch that fails leaves the regular look.
  watcher?.on('error', () => undefined);
  using _ending = file.onEnd(() => wakeup.mark());
  try {
    let { offset } = file;
    while (!signal.aborted) {
      // Asked before reading: what is written between the two is still read.
      const grows = file.grows();
      for await (const chunk of readFrom(handle, offset)) {
        offset += chunk.length;
        yield chunk;
      }
      if (!grows) return;
      await wakeup.next(lookMs, signal);
    }
  } finally {
    watcher?.close();
  }
}

/** A build is recorded a moment before its log is made. */
async function openWhenThere({ path, grows }: GrowingFile, wakeup: Wakeup, signal: AbortSignal): Promise<FileHandle> {
  for (;;) {
    const mayCome = grows() && !signal.aborted;
    try {
      return await open(path, 'r');
    } catch (error) {
      if (!mayCome || errorCode(error) !== 'ENOENT') throw error;
      await wakeup.next(appearMs, signal);
    }
  }
}

async function* readFrom(handle: FileHandle, offset: number): AsyncGenerator<Buffer> {
  let position = offset;
  for (;;) {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(chunkBytes), position });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
