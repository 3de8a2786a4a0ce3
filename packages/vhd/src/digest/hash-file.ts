import { runJob } from '../copy/run-job.js';
import { blockBytes } from '../layout/plan.js';
import { blocksOf, dataRangesOf } from '../source/data-ranges.js';
import { confirmUnchanged, openSource } from '../source/raw-source.js';

export interface HashOptions {
  readonly path: string;
  /** Such as `md5` and `sha256`; each has a thread of its own, and the file is read once for all. */
  readonly hashes: readonly string[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (readBytes: number, totalBytes: number) => void;
}

/**
 * Digests of a file by algorithm. Holes are not read.
 *
 * @throws VHD_SOURCE_UNUSABLE, VHD_SOURCE_CHANGED, VHD_CALLED_OFF
 */
export async function hashFile(options: HashOptions): Promise<ReadonlyMap<string, string>> {
  const source = await openSource(options.path);
  const ranges = await dataRangesOf(source.path, options.signal);
  const nothing = new Uint8Array(0);
  const digests = await runJob({
    source: source.path,
    sourceBytes: source.bytes,
    blockBytes,
    mayHoldData: blocksOf(ranges, source.bytes, blockBytes),
    scan: false,
    layout: async () => ({
      offsets: new Float64Array(0),
      leader: nothing,
      prefix: nothing,
      suffix: nothing,
      fileBytes: source.bytes,
    }),
    target: null,
    digests: options.hashes.map((algorithm) => ({ name: algorithm, algorithm, subject: 'source' as const })),
    signal: options.signal,
    onProgress: options.onProgress,
  });
  await confirmUnchanged(source);
  return digests;
}
