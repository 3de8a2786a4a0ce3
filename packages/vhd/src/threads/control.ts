/**
 * What the threads of one job share, as words of one `Int32Array`. Whoever changes a word calls {@link announce}; whoever
 * waits looks again at each announcement, so that none is missed, the order to stop included.
 */
export const words = {
  /** Grows with each announcement. */
  tick: 0,
  /** 1 when everything must end. */
  stop: 1,
  /** From here: for each slot of the ring, 1 and the number of the chunk that lies in it. */
  slots: 2,
} as const;

/** Chunks that may lie in memory at a time. */
export const slotCount = 4;

/** Bytes that are read, written and hashed at a time: few calls, and still in the cache of the processor when written. */
export const chunkBytes = 2 ** 19;

/** Where each hasher tells how many chunks it has done. */
export const hashersAt: number = words.slots + slotCount;

/** Words for a job with `hashers` hashing threads, as they are at its beginning. */
export function makeControl(hashers: number): Int32Array<SharedArrayBuffer> {
  const control = new Int32Array(new SharedArrayBuffer(4 * (hashersAt + hashers)));
  for (let slot = 0; slot < slotCount; slot += 1) control[words.slots + slot] = slot - slotCount + 1;
  return control;
}

/** How many threads hash. */
export function hashersOf(control: Int32Array): number {
  return control.length - hashersAt;
}

/** Wakes everybody who waits. */
export function announce(control: Int32Array): void {
  Atomics.add(control, words.tick, 1);
  Atomics.notify(control, words.tick);
}

export function stop(control: Int32Array): void {
  Atomics.store(control, words.stop, 1);
  announce(control);
}

export function isStopped(control: Int32Array): boolean {
  return Atomics.load(control, words.stop) === 1;
}

/**
 * Blocks the thread until `condition` holds.
 *
 * @returns false when everything must end.
 */
export function waitUntil(control: Int32Array, condition: () => boolean): boolean {
  for (;;) {
    const seen = Atomics.load(control, words.tick);
    if (isStopped(control)) return false;
    if (condition()) return true;
    Atomics.wait(control, words.tick, seen);
  }
}

/**
 * Resolves when `condition` holds; for the thread that must not block.
 *
 * @returns false when everything must end.
 */
export async function untilSo(control: Int32Array<SharedArrayBuffer>, condition: () => boolean): Promise<boolean> {
  for (;;) {
    const seen = Atomics.load(control, words.tick);
    if (isStopped(control)) return false;
    if (condition()) return true;
    await Atomics.waitAsync(control, words.tick, seen).value;
  }
}

/** The slot of a chunk in the ring. */
export function slotOf(chunk: number): number {
  return chunk % slotCount;
}

/** Whether a chunk may be read into its slot: what lay there was written, and hashed by all. */
export function isSlotFree(control: Int32Array, chunk: number): boolean {
  const before = chunk - slotCount + 1;
  if (Atomics.load(control, words.slots + slotOf(chunk)) !== before) return false;
  for (let word = hashersAt; word < control.length; word += 1) {
    if (Atomics.load(control, word) < before) return false;
  }
  return true;
}

/** What a job is about; the same for all its threads. */
export interface Job {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly sourceBytes: number;
  readonly blockBytes: number;
}

/** Where the bytes of a job go. Buffers are shared, not copied. */
export interface Layout {
  /** Numbers of the blocks that hold data, ascending. */
  readonly dataBlocks: Uint32Array<SharedArrayBuffer>;
  /** Where the data of each block goes; -1 where it is not stored. */
  readonly offsets: Float64Array<SharedArrayBuffer>;
  readonly leader: Uint8Array;
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  readonly fileBytes: number;
  /** Slots of `chunkBytes`. */
  readonly ring: Uint8Array<SharedArrayBuffer>;
}

/** One chunk of a block that holds data. */
export interface Chunk {
  readonly block: number;
  /** Within the block. */
  readonly start: number;
  readonly length: number;
}

/** Chunk `number` of a job; undefined past the last one. Every block but the last of the source is whole. */
export function chunkAt(job: Job, dataBlocks: Uint32Array, number: number): Chunk | undefined {
  const perBlock = job.blockBytes / chunkBytes;
  const block = dataBlocks[Math.floor(number / perBlock)];
  if (block === undefined) return undefined;
  const start = (number % perBlock) * chunkBytes;
  const left = job.sourceBytes - block * job.blockBytes - start;
  return left <= 0 ? undefined : { block, start, length: Math.min(chunkBytes, left) };
}

/** The digest of a thread. */
export interface Told {
  readonly name: string;
  readonly digest: string;
}
