import { VhdError } from '../errors.js';
import { chunkBytes, type Job, type Layout, makeControl, slotCount, stop } from '../threads/control.js';
import { type DigestOrder, Hashers } from '../threads/hashers.js';
import { copyChunks } from './copy-chunks.js';
import { SourceFile, TargetFile } from './file-io.js';
import { laneCount } from './lanes.js';
import { findData } from './scan.js';

/** Where the bytes go, once it is known which blocks hold data. */
export type JobLayout = Pick<Layout, 'leader' | 'prefix' | 'suffix' | 'fileBytes'> & { readonly offsets: Float64Array };

export interface JobOptions {
  readonly source: string;
  readonly sourceBytes: number;
  readonly blockBytes: number;
  /** By block; false where it is known to be zero. */
  readonly mayHoldData: readonly boolean[];
  /** Whether to look at the blocks before they are copied, for blocks of zeros. */
  readonly scan: boolean;
  readonly layout: (holdsData: readonly boolean[]) => Promise<JobLayout>;
  /** An existing file; null only computes digests. */
  readonly target: string | null;
  readonly digests: readonly DigestOrder[];
  readonly signal: AbortSignal | undefined;
  /** Told the bytes read so far, and those to read in all. */
  readonly onProgress: ((readBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Copies the blocks of a file that hold data to their places in another, and computes digests of either on the way, in
 * threads. The buffers take {@link slotCount} times {@link chunkBytes}, whatever the size of the file.
 *
 * @returns the digests by name.
 * @throws VHD_SOURCE_UNUSABLE, VHD_TARGET_UNUSABLE, VHD_CALLED_OFF; nothing runs any more then.
 */
export async function runJob(options: JobOptions): Promise<ReadonlyMap<string, string>> {
  const { source, sourceBytes, blockBytes, digests, target, signal } = options;
  if (signal?.aborted === true) throw calledOff(signal);
  const job: Job = { control: makeControl(digests.length), sourceBytes, blockBytes };
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  const onAbort = (): void => failure.reject(calledOff(signal));
  signal?.addEventListener('abort', onAbort, { once: true });
  const onFailure = (cause: Error): void => {
    failure.reject(new VhdError('VHD_TARGET_UNUSABLE', `computing digests of ${target ?? source}`, { cause }));
  };
  await using hashers = new Hashers(job, digests, onFailure);
  const copied = copy(options, job, hashers);
  try {
    await Promise.race([copied, failure.promise]);
    return await Promise.race([hashers.digests(), failure.promise]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stop(job.control);
    await copied.catch(() => undefined);
  }
}

async function copy(options: JobOptions, job: Job, hashers: Hashers): Promise<void> {
  const { mayHoldData, onProgress } = options;
  await using source = await SourceFile.open(options.source);
  const holdsData = options.scan ? await findData(job, source, mayHoldData) : mayHoldData;
  const slots = options.digests.length > 0 ? slotCount : laneCount;
  const layout = shared(await options.layout(holdsData), holdsData, slots);
  hashers.begin(layout);
  await using target = options.target === null ? undefined : await TargetFile.open(options.target);
  const totalBytes = bytesToRead(job, layout.dataBlocks);
  let readBytes = 0;
  const onRead = (bytes: number): void => {
    readBytes += bytes;
    onProgress?.(readBytes, totalBytes);
  };
  await copyChunks({ job, layout, source, target, onRead });
}

function shared(layout: JobLayout, holdsData: readonly boolean[], slots: number): Layout {
  const numbers = holdsData.flatMap((isData, block) => (isData ? [block] : []));
  const dataBlocks = new Uint32Array(new SharedArrayBuffer(4 * numbers.length));
  dataBlocks.set(numbers);
  const offsets = new Float64Array(new SharedArrayBuffer(8 * layout.offsets.length));
  offsets.set(layout.offsets);
  return { ...layout, dataBlocks, offsets, ring: new Uint8Array(new SharedArrayBuffer(slots * chunkBytes)) };
}

function bytesToRead({ blockBytes, sourceBytes }: Job, dataBlocks: Uint32Array): number {
  const last = dataBlocks.at(-1);
  const cutBytes = last === undefined ? 0 : Math.max(0, (last + 1) * blockBytes - sourceBytes);
  return dataBlocks.length * blockBytes - cutBytes;
}

function calledOff(signal: AbortSignal | undefined): VhdError {
  return new VhdError('VHD_CALLED_OFF', 'the work was called off', { cause: signal?.reason });
}
