import { VhdError } from '../errors.js';
import { encodeBatmap } from './batmap.js';
import { alignUp, sectorBytes } from './bytes.js';
import { dynamicHeaderBytes, encodeDynamicHeader } from './dynamic-header.js';
import { type DiskType, encodeFooter, type Footer } from './footer.js';
import { geometryOf } from './geometry.js';

/** A block that is not there; its bytes are zero. */
export const unallocated = 0xffff_ffff;

/** Size of the blocks of a dynamic disk; every tool uses this one. */
export const blockBytes = 2 * 2 ** 20;

/** Data of each block begins at a multiple of this, as XenServer's tools have it. */
const dataAlignment = 4096;

/** 2,040 GiB, the limit of the format. */
const maxDiskBytes = 2040 * 2 ** 30;

/** Azure takes whole mebibytes alone. */
const fixedUnit = 2 ** 20;

/** Where everything of a VHD goes, known before the first byte is written. */
export interface VhdPlan {
  readonly diskBytes: number;
  readonly fileBytes: number;
  /** What stands before the first block; empty for a fixed disk. */
  readonly prefix: Uint8Array;
  /** What stands right before the data of each block: its bitmap. Empty for a fixed disk. */
  readonly leader: Uint8Array;
  /** Where the data of each block goes, by block; -1 where it is not stored. */
  readonly offsets: Float64Array;
  /** The footer, the last bytes of the file. */
  readonly suffix: Uint8Array;
}

export interface PlanOptions {
  readonly sourceBytes: number;
  /** Seconds since 1 January 2000, UTC. */
  readonly timestamp: number;
  readonly uuid: string;
}

/**
 * A dynamic disk as XenServer's tools write it: size in whole blocks, a batmap, data aligned to 4 KiB.
 *
 * @param holdsData by block of {@link blockBytes}; the others are left out.
 * @throws VHD_TOO_LARGE
 */
export function planDynamic(options: PlanOptions, holdsData: readonly boolean[]): VhdPlan {
  const diskBytes = alignUp(options.sourceBytes, blockBytes);
  refuseTooLarge(diskBytes);
  const tableOffset = sectorBytes + dynamicHeaderBytes;
  const tableBytes = alignUp(4 * holdsData.length, sectorBytes);
  const batmap = encodeBatmap(holdsData, tableOffset + tableBytes);
  const prefixBytes = tableOffset + tableBytes + batmap.length;

  const offsets = new Float64Array(holdsData.length).fill(-1);
  const table = Buffer.alloc(tableBytes).fill(0xff, 0, 4 * holdsData.length);
  let end = prefixBytes;
  holdsData.forEach((isStored, block) => {
    if (!isStored) return;
    const dataOffset = alignUp(end + sectorBytes, dataAlignment);
    offsets[block] = dataOffset;
    table.writeUInt32BE((dataOffset - sectorBytes) / sectorBytes, 4 * block);
    end = dataOffset + blockBytes;
  });

  const suffix = encodeFooter(footerOf('dynamic', diskBytes, options));
  const header = encodeDynamicHeader({ tableOffset, blocks: holdsData.length, blockBytes });
  const prefix = Buffer.concat([suffix, header, table, batmap]);
  const leader = new Uint8Array(sectorBytes).fill(0xff);
  return { diskBytes, fileBytes: end + suffix.length, prefix, leader, offsets, suffix };
}

/**
 * A fixed disk: the raw bytes, zeros up to a whole mebibyte, and the footer.
 *
 * @throws VHD_TOO_LARGE
 */
export function planFixed(options: PlanOptions): VhdPlan {
  const diskBytes = alignUp(options.sourceBytes, fixedUnit);
  refuseTooLarge(diskBytes);
  const nothing = new Uint8Array(0);
  const offsets = Float64Array.from(
    { length: Math.ceil(options.sourceBytes / blockBytes) },
    (_, block) => block * blockBytes,
  );
  const suffix = encodeFooter(footerOf('fixed', diskBytes, options));
  return { diskBytes, fileBytes: diskBytes + suffix.length, prefix: nothing, leader: nothing, offsets, suffix };
}

function footerOf(type: DiskType, diskBytes: number, { timestamp, uuid }: PlanOptions): Footer {
  return {
    creatorApplication: 'tap',
    creatorVersion: 0x0001_0003,
    creatorHostOs: '',
    formatVersion: 0x0001_0000,
    headerOffset: type === 'fixed' ? null : sectorBytes,
    timestamp,
    originalBytes: diskBytes,
    diskBytes,
    geometry: geometryOf(diskBytes),
    type,
    uuid,
  };
}

function refuseTooLarge(diskBytes: number): void {
  if (diskBytes <= maxDiskBytes) return;
  throw new VhdError('VHD_TOO_LARGE', `a VHD holds at most ${maxDiskBytes} bytes, the disk has ${diskBytes}`);
}
