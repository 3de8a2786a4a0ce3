// A program for a thread: looks which blocks of a file hold data, then copies them chunk by chunk to their places.
// Several such threads share one job. All calls block, which is what the thread is for.
import { closeSync, openSync, readSync, writevSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import {
  announce,
  type Chunk,
  chunkAt,
  chunkBytes,
  isSlotFree,
  type Job,
  type Layout,
  slotOf,
  type Told,
  waitUntil,
  words,
} from './control.ts';

/** What the first message asks for. */
export interface ScanOrder {
  readonly kind: 'scan';
  /** 1 at the blocks to look at; 0 comes back where they hold nothing but zeros. */
  readonly map: Uint8Array<SharedArrayBuffer>;
}

/** What the second message asks for. */
export interface CopyOrder {
  readonly kind: 'copy';
  readonly layout: Layout;
  /** Null when the chunks are only hashed. */
  readonly target: string | null;
}

/** Zeros of this length are left out of files: holes read the same. */
const sparseBytes = 65_536;
const probeBytes = 4096;
/** Telling of each chunk would make more garbage than all the rest. */
const progressBytes = 8 * 2 ** 20;
const zeros = Buffer.alloc(sparseBytes);

const job = workerData as Job;

class SideError extends Error {
  readonly side: 'source' | 'target';

  constructor(side: 'source' | 'target', cause: unknown) {
    super(String(cause), { cause });
    this.side = side;
  }
}

function tell(message: Told): void {
  parentPort?.postMessage(message);
}

function on<T>(side: 'source' | 'target', work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new SideError(side, error);
  }
}

/** Reads all of `into`; false at the end of the file: it was cut short under our feet. */
function readFully(file: number, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.length; ) {
    const read = on('source', () => readSync(file, into, done, into.length - done, position + done));
    if (read === 0) throw new SideError('source', 'the file has become shorter');
    done += read;
  }
}

function writeFully(file: number, buffers: readonly Uint8Array[], position: number): void {
  const total = buffers.reduce((sum, { length }) => sum + length, 0);
  let written = on('target', () => writevSync(file, [...buffers], position));
  const rest = written < total ? Buffer.concat(buffers) : undefined;
  while (rest !== undefined && written < total) {
    written += on('target', () => writevSync(file, [rest.subarray(written)], position + written));
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += sparseBytes) {
    const piece = bytes.subarray(at, at + sparseBytes);
    if (zeros.compare(piece, 0, piece.length, 0, piece.length) !== 0) return false;
  }
  return true;
}

function scan({ map }: ScanOrder): void {
  const file = on('source', () => openSync(job.source, 'r'));
  const buffer = Buffer.alloc(chunkBytes);
  try {
    for (;;) {
      const block = Atomics.add(job.control, words.next, 1);
      if (block >= map.length || Atomics.load(job.control, words.stop) === 1) break;
      if (map[block] === 1 && holdsZeros(file, block, buffer)) map[block] = 0;
    }
  } finally {
    closeSync(file);
  }
}

/** Data shows in its first bytes nearly always: only a block that begins with zeros is read on. */
function holdsZeros(file: number, block: number, buffer: Uint8Array): boolean {
  const start = block * job.blockBytes;
  const end = Math.min(start + job.blockBytes, job.sourceBytes);
  let length = probeBytes;
  for (let at = start; at < end; at += length, length = chunkBytes) {
    const piece = buffer.subarray(0, Math.min(length, end - at));
    readFully(file, piece, at);
    if (!isZero(piece)) return false;
  }
  return true;
}

function copy({ layout, target }: CopyOrder): void {
  const from = on('source', () => openSync(job.source, 'r'));
  const to = target === null ? undefined : on('target', () => openSync(target, 'r+'));
  try {
    copyChunks(layout, from, to);
  } finally {
    closeSync(from);
    if (to !== undefined) closeSync(to);
  }
}

function copyChunks(layout: Layout, from: number, to: number | undefined): void {
  const { control } = job;
  let untoldBytes = 0;
  for (;;) {
    const number = Atomics.add(control, words.next, 1);
    const chunk = chunkAt(job, layout.dataBlocks, number);
    if (chunk === undefined || !waitUntil(control, () => isSlotFree(control, number))) break;
    const slot = slotOf(number);
    const bytes = layout.ring.subarray(slot * chunkBytes, slot * chunkBytes + chunk.length);
    readFully(from, bytes, chunk.block * job.blockBytes + chunk.start);
    if (to !== undefined) writeChunk(layout, chunk, bytes, to);
    Atomics.store(control, words.slots + slot, number + 1);
    announce(control);
    untoldBytes += chunk.length;
    if (untoldBytes < progressBytes) continue;
    tell({ kind: 'progress', bytes: untoldBytes });
    untoldBytes = 0;
  }
  tell({ kind: 'progress', bytes: untoldBytes });
}

/** Writes the chunk without its long runs of zeros, the first of a block together with what stands before it. */
function writeChunk(layout: Layout, chunk: Chunk, bytes: Uint8Array, to: number): void {
  const offset = (layout.offsets[chunk.block] ?? 0) + chunk.start;
  let pending: Uint8Array[] = chunk.start === 0 && layout.leader.length > 0 ? [layout.leader] : [];
  let position = offset - (pending[0]?.length ?? 0);
  for (const { start, end } of dataRuns(bytes)) {
    if (start > 0 && pending.length > 0) writeFully(to, pending, position);
    if (start > 0) {
      pending = [];
      position = offset + start;
    }
    writeFully(to, [...pending, bytes.subarray(start, end)], position);
    pending = [];
  }
  if (pending.length > 0) writeFully(to, pending, position);
}

/** What is left of the bytes when their runs of zeros are taken out. */
function dataRuns(bytes: Uint8Array): readonly { readonly start: number; readonly end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (let at = 0; at < bytes.length; at += sparseBytes) {
    const end = Math.min(at + sparseBytes, bytes.length);
    if (isZero(bytes.subarray(at, end))) continue;
    const last = runs.at(-1);
    if (last?.end === at) last.end = end;
    else runs.push({ start: at, end });
  }
  return runs;
}

parentPort?.on('message', (order: ScanOrder | CopyOrder) => {
  try {
    if (order.kind === 'scan') scan(order);
    else copy(order);
    tell({ kind: order.kind === 'scan' ? 'scanned' : 'copied' });
  } catch (error) {
    const { side, cause } = error instanceof SideError ? error : { side: 'target' as const, cause: error };
    const message = cause instanceof Error ? cause.message : String(cause);
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
    tell({ kind: 'failed', side, message, ...(code === undefined ? {} : { code }) });
  }
});
