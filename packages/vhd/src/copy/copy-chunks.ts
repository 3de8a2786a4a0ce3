import {
  announce,
  type Chunk,
  chunkAt,
  chunkBytes,
  hashersOf,
  isSlotFree,
  isStopped,
  type Job,
  type Layout,
  slotOf,
  untilSo,
  words,
} from '../threads/control.js';
import type { SourceFile, TargetFile } from './file-io.js';
import { inLanes } from './lanes.js';
import { dataSpans } from './zeros.js';

/** Telling of each chunk would make more garbage than all the rest. */
const progressBytes = 8 * 2 ** 20;

export interface CopyParts {
  readonly job: Job;
  readonly layout: Layout;
  readonly source: SourceFile;
  /** Undefined when the chunks are only hashed. */
  readonly target: TargetFile | undefined;
  /** Told the bytes read since the last time. */
  readonly onRead: (bytes: number) => void;
}

/**
 * Copies all chunks to their places, and hands them to the hashers through the ring. Ends early when stopped.
 *
 * @throws VHD_SOURCE_UNUSABLE, VHD_TARGET_UNUSABLE
 */
export async function copyChunks(parts: CopyParts): Promise<void> {
  const { job, layout, onRead } = parts;
  const areHashed = hashersOf(job.control) > 0;
  let next = 0;
  let untoldBytes = 0;
  await inLanes(job.control, async (lane) => {
    for (;;) {
      const number = next;
      next += 1;
      const chunk = chunkAt(job, layout.dataBlocks, number);
      if (chunk === undefined || !(await isPlaceFree(job.control, areHashed, number))) return;
      // Bytes that nobody hashes stay in the same place, and in the cache of the processor.
      await copyChunk(parts, chunk, areHashed ? slotOf(number) : lane);
      if (areHashed) handOver(job.control, number);
      untoldBytes += chunk.length;
      if (untoldBytes < progressBytes) continue;
      onRead(untoldBytes);
      untoldBytes = 0;
    }
  });
  if (untoldBytes > 0 && !isStopped(job.control)) onRead(untoldBytes);
}

async function isPlaceFree(
  control: Int32Array<SharedArrayBuffer>,
  areHashed: boolean,
  number: number,
): Promise<boolean> {
  if (!areHashed) return !isStopped(control);
  return untilSo(control, () => isSlotFree(control, number));
}

function handOver(control: Int32Array<SharedArrayBuffer>, number: number): void {
  Atomics.store(control, words.slots + slotOf(number), number + 1);
  announce(control);
}

async function copyChunk({ job, layout, source, target }: CopyParts, chunk: Chunk, slot: number): Promise<void> {
  const bytes = layout.ring.subarray(slot * chunkBytes, slot * chunkBytes + chunk.length);
  await source.read(bytes, chunk.block * job.blockBytes + chunk.start);
  if (target !== undefined) await writeChunk(layout, chunk, bytes, target);
}

/** Writes the chunk without its long runs of zeros, the first of a block together with what stands before it. */
async function writeChunk(layout: Layout, chunk: Chunk, bytes: Uint8Array, target: TargetFile): Promise<void> {
  const offset = (layout.offsets[chunk.block] ?? 0) + chunk.start;
  const leader = chunk.start === 0 ? layout.leader : layout.leader.subarray(0, 0);
  const spans = dataSpans(bytes);
  if (leader.length > 0 && spans[0]?.start !== 0) await target.write([leader], offset - leader.length);
  for (const { start, end } of spans) {
    const data = bytes.subarray(start, end);
    if (start === 0 && leader.length > 0) await target.write([leader, data], offset - leader.length);
    else await target.write([data], offset + start);
  }
}
