import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A part of a file that may hold data, bytes. What lies between such parts is zero. */
export interface DataRange {
  readonly start: number;
  readonly length: number;
}

const execute = promisify(execFile);

/** What `qemu-img map` prints for a file in many fragments. */
const maxOutputBytes = 64 * 2 ** 20;

/**
 * Where a file has no holes. Node.js cannot ask the file system itself; `qemu-img`, where it is installed, does.
 *
 * @returns undefined when nothing is known: the program is missing, or does not understand the file.
 */
export async function dataRangesOf(path: string, signal?: AbortSignal): Promise<readonly DataRange[] | undefined> {
  try {
    const image = `driver=raw,file.driver=file,file.filename=${path.replaceAll(',', ',,')}`;
    const args = ['map', '--output=json', '--image-opts', image];
    const { stdout } = await execute('qemu-img', args, { signal, maxBuffer: maxOutputBytes });
    return parseRanges(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}

/** Undefined unless it is a list of extents that lie in ascending order. */
export function parseRanges(json: unknown): readonly DataRange[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const ranges: DataRange[] = [];
  let end = 0;
  for (const extent of json as readonly unknown[]) {
    if (!isExtent(extent) || extent.start !== end) return undefined;
    end += extent.length;
    if (!extent.zero || extent.data) ranges.push({ start: extent.start, length: extent.length });
  }
  return ranges;
}

interface Extent {
  readonly start: number;
  readonly length: number;
  readonly zero: boolean;
  readonly data: boolean;
}

function isExtent(value: unknown): value is Extent {
  if (typeof value !== 'object' || value === null) return false;
  const { start, length, zero, data } = value as Partial<Record<keyof Extent, unknown>>;
  return (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(length) &&
    Number(length) > 0 &&
    typeof zero === 'boolean' &&
    typeof data === 'boolean'
  );
}

/** Which blocks may hold data; all of them when nothing is known of the file. */
export function blocksOf(
  ranges: readonly DataRange[] | undefined,
  sourceBytes: number,
  blockBytes: number,
): readonly boolean[] {
  const blocks = new Array<boolean>(Math.ceil(sourceBytes / blockBytes)).fill(ranges === undefined);
  for (const { start, length } of ranges ?? []) {
    const last = Math.min(blocks.length - 1, Math.floor((start + length - 1) / blockBytes));
    for (let block = Math.floor(start / blockBytes); block <= last; block += 1) blocks[block] = true;
  }
  return blocks;
}
