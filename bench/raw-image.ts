import { execFile, spawn } from 'node:child_process';
import { open, stat } from 'node:fs/promises';
import { promisify } from 'node:util';

export const run = promisify(execFile);

const runBytes = 8 * 2 ** 20;

/** A sparse raw image: `dataBytes` of this machine's files in runs of 8 MiB, spread evenly over `bytes`. */
export async function writeSampleImage(path: string, bytes: number, dataBytes: number): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(bytes);
  const tar = spawn('tar', ['-c', '--ignore-failed-read', '/usr'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const strideBytes = Math.floor(bytes / Math.ceil(dataBytes / runBytes));
  let written = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length && written < dataBytes; ) {
      const [place, within] = [Math.floor(written / runBytes), written % runBytes];
      const piece = chunk.subarray(at, at + Math.min(runBytes - within, dataBytes - written));
      await file.write(piece, 0, piece.length, place * strideBytes + within);
      at += piece.length;
      written += piece.length;
    }
    if (written >= dataBytes) break;
  }
  tar.kill();
  if (written < dataBytes) throw new Error(`/usr holds ${written} bytes only`);
  await file.sync();
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export async function mebibytesOnDisk(path: string): Promise<number> {
  return ((await stat(path)).blocks * 512) / 2 ** 20;
}
