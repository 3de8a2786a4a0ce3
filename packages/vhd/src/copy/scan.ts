import { chunkBytes, isStopped, type Job } from '../threads/control.js';
import type { SourceFile } from './file-io.js';
import { inLanes } from './lanes.js';
import { isZero } from './zeros.js';

const probeBytes = 4096;

/**
 * Which blocks hold anything but zeros.
 *
 * @param mayHoldData by block; the others are not looked at.
 * @throws VHD_SOURCE_UNUSABLE
 */
export async function findData(
  job: Job,
  source: SourceFile,
  mayHoldData: readonly boolean[],
): Promise<readonly boolean[]> {
  const holdsData = [...mayHoldData];
  let next = 0;
  await inLanes(job.control, async () => {
    const buffer = Buffer.allocUnsafeSlow(chunkBytes);
    while (next < holdsData.length && !isStopped(job.control)) {
      const block = next;
      next += 1;
      if (holdsData[block] === true) holdsData[block] = !(await holdsZeros(job, source, block, buffer));
    }
  });
  return holdsData;
}

/** Data shows in its first bytes nearly always: only a block that begins with zeros is read on. */
async function holdsZeros(job: Job, source: SourceFile, block: number, buffer: Uint8Array): Promise<boolean> {
  const start = block * job.blockBytes;
  const end = Math.min(start + job.blockBytes, job.sourceBytes);
  let length = probeBytes;
  for (let at = start; at < end && !isStopped(job.control); at += length, length = chunkBytes) {
    const piece = buffer.subarray(0, Math.min(length, end - at));
    await source.read(piece, at);
    if (!isZero(piece)) return false;
  }
  return true;
}
