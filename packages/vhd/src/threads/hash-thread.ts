// A program for a thread: one digest of a file that another thread reads chunk by chunk, in the order of its bytes.
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import {
  announce,
  chunkAt,
  chunkBytes,
  hashersAt,
  type Job,
  type Layout,
  slotOf,
  type Told,
  waitUntil,
  words,
} from './control.ts';

export interface HashThreadData extends Job {
  /** Place of this thread among the hashers of the job. */
  readonly hasher: number;
  readonly name: string;
  readonly algorithm: string;
  /** The file that is read, or the one that is made of it. */
  readonly subject: 'source' | 'target';
}

const { hasher, name, algorithm, subject, ...job } = workerData as HashThreadData;
const zeros = Buffer.alloc(65_536);

/** Undefined when the job was called off. */
function digestOf(layout: Layout): string | undefined {
  const hash = createHash(algorithm);
  let position = 0;
  const update = (bytes: Uint8Array): void => {
    hash.update(bytes);
    position += bytes.length;
  };
  const zerosUntil = (end: number): void => {
    while (position < end) update(zeros.subarray(0, Math.min(zeros.length, end - position)));
  };

  if (subject === 'target') update(layout.prefix);
  for (let number = 0; ; number += 1) {
    const chunk = chunkAt(job, layout.dataBlocks, number);
    if (chunk === undefined) break;
    const slot = slotOf(number);
    if (!waitUntil(job.control, () => Atomics.load(job.control, words.slots + slot) === number + 1)) return undefined;
    const blockAt = subject === 'target' ? (layout.offsets[chunk.block] ?? 0) : chunk.block * job.blockBytes;
    if (chunk.start === 0 && subject === 'target') {
      zerosUntil(blockAt - layout.leader.length);
      update(layout.leader);
    }
    zerosUntil(blockAt + chunk.start);
    update(layout.ring.subarray(slot * chunkBytes, slot * chunkBytes + chunk.length));
    Atomics.store(job.control, hashersAt + hasher, number + 1);
    announce(job.control);
  }
  if (subject === 'target') {
    zerosUntil(layout.fileBytes - layout.suffix.length);
    update(layout.suffix);
  } else zerosUntil(job.sourceBytes);
  return hash.digest('hex');
}

parentPort?.once('message', (layout: Layout) => {
  const digest = digestOf(layout);
  if (digest === undefined) return;
  const told: Told = { name, digest };
  parentPort?.postMessage(told);
});
