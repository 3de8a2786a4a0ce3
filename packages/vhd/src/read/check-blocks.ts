import { alignUp, checksum, sectorBytes } from '../layout/bytes.js';
import type { DynamicHeader } from '../layout/dynamic-header.js';
import type { Findings } from './findings.js';
import type { Structures } from './structures.js';
import { allocatedBlocks, type TableEntry } from './table.js';
import type { VhdFile } from './vhd-file.js';

/** A part of the file that is taken, bytes. */
export interface Region {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Every block lies between the structures and the footer, and on no other. */
export async function checkBlocks(
  file: VhdFile,
  header: DynamicHeader,
  structures: readonly Region[],
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<readonly TableEntry[]> {
  const strideBytes = bitmapBytes(header) + header.blockBytes;
  const footerAt = file.bytes - sectorBytes;
  const inside: TableEntry[] = [];
  for await (const entry of allocatedBlocks(file, header, signal)) {
    if (entry.sector * sectorBytes + strideBytes <= footerAt) inside.push(entry);
    else findings.add('block-outside', `block ${entry.block} at sector ${entry.sector}`);
  }
  const sorted = inside.toSorted((left, right) => left.sector - right.sector);
  const before = findings.count;
  sorted.forEach((entry, place) => {
    const start = entry.sector * sectorBytes;
    const next = sorted[place + 1];
    if (next !== undefined && next.sector * sectorBytes < start + strideBytes) {
      findings.add('block-overlap', `blocks ${entry.block} and ${next.block}`);
    }
    const hit = structures.find((region) => start < region.end && region.start < start + strideBytes);
    if (hit !== undefined) findings.add('block-overlap', `block ${entry.block} and the ${hit.name}`);
  });
  // Blocks that lie on each other could be many more than the file has room for.
  return findings.count === before ? inside : [];
}

/** What the batmap calls full must be so, or XenServer reads sectors that were never written. */
export async function checkBatmap(
  file: VhdFile,
  header: DynamicHeader,
  batmap: NonNullable<Structures['batmap']>,
  entries: readonly TableEntry[],
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const mapBytes = batmap.mapSectors * sectorBytes;
  const needed = Math.ceil(header.blocks / 8);
  if (mapBytes < needed || mapBytes > alignUp(needed, sectorBytes) || batmap.mapOffset + mapBytes > file.bytes) {
    findings.add('batmap-outside', `${batmap.mapSectors} sectors at ${batmap.mapOffset}`);
    return;
  }
  const map = await file.read(batmap.mapOffset, mapBytes);
  findings.addUnless(checksum(map) === batmap.mapChecksum, 'batmap-checksum');
  const present = new Set(entries.map(({ block }) => block));
  for (let block = 0; block < header.blocks; block += 1) {
    if (isSet(map, block) && !present.has(block)) findings.add('batmap-differs', `block ${block} is not there`);
  }
  for (const { block, sector } of entries) {
    signal?.throwIfAborted();
    if (!isSet(map, block)) continue;
    const bitmap = await file.read(sector * sectorBytes, bitmapBytes(header));
    if (!isFull(bitmap, header)) findings.add('batmap-differs', `block ${block} has sectors that were never written`);
  }
}

/** Bitmap of one block: a bit for each sector, in whole sectors. */
function bitmapBytes({ blockBytes }: DynamicHeader): number {
  return alignUp(blockBytes / sectorBytes / 8, sectorBytes);
}

function isFull(bitmap: Uint8Array, { blockBytes }: DynamicHeader): boolean {
  return bitmap.subarray(0, blockBytes / sectorBytes / 8).every((byte) => byte === 0xff);
}

function isSet(map: Uint8Array, block: number): boolean {
  return ((map[block >> 3] ?? 0) & (0x80 >> (block & 7))) !== 0;
}
