import { VhdError } from '../errors.js';
import { sectorBytes } from '../layout/bytes.js';
import { type DiskType, epochSec } from '../layout/footer.js';
import type { Geometry } from '../layout/geometry.js';
import { maxBlocks, readStructures, type Structures } from './structures.js';
import { allocatedBlocks } from './table.js';
import { openVhdFile, type VhdFile } from './vhd-file.js';

/** What a VHD says of itself. */
export interface VhdDescription {
  readonly path: string;
  readonly fileBytes: number;
  readonly type: DiskType;
  /** Size of the disk. */
  readonly diskBytes: number;
  /** Size of the disk when it was made. */
  readonly originalBytes: number;
  readonly uuid: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAtMs: number;
  readonly creator: { readonly application: string; readonly version: string; readonly hostOs: string };
  readonly geometry: Geometry;
  /** Null for a fixed disk, which is nothing but its data and the footer. */
  readonly blocks: VhdBlocks | null;
}

export interface VhdBlocks {
  readonly blockBytes: number;
  readonly count: number;
  readonly allocated: number;
  readonly tableOffset: number;
  /** Whether XenServer's map of full blocks is there. */
  readonly hasBatmap: boolean;
}

export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/**
 * Describes a VHD. Nothing is checked beyond what a description needs; that is what `checkVhd` is for.
 *
 * @throws VHD_NOT_A_VHD, VHD_BROKEN when there is no header where the footer says, VHD_UNREADABLE
 */
export async function describeVhd(path: string, { signal }: ReadOptions = {}): Promise<VhdDescription> {
  await using file = await openVhdFile(path);
  const structures = await readStructures(file);
  const { footer } = structures;
  return {
    path,
    fileBytes: file.bytes,
    type: footer.type,
    diskBytes: footer.diskBytes,
    originalBytes: footer.originalBytes,
    uuid: footer.uuid,
    createdAtMs: (footer.timestamp + epochSec) * 1000,
    creator: {
      application: footer.creatorApplication,
      version: versionText(footer.creatorVersion),
      hostOs: footer.creatorHostOs,
    },
    geometry: footer.geometry,
    blocks: footer.type === 'fixed' ? null : await describeBlocks(file, structures, signal),
  };
}

async function describeBlocks(
  file: VhdFile,
  { header, batmap }: Structures,
  signal: AbortSignal | undefined,
): Promise<VhdBlocks> {
  if (header === undefined) throw new VhdError('VHD_BROKEN', `${file.path} has no header where its footer says`);
  const { blocks, blockBytes, tableOffset } = header.header;
  if (blocks > maxBlocks) throw new VhdError('VHD_BROKEN', `${file.path} claims to have ${blocks} blocks`);
  let allocated = 0;
  for await (const _ of allocatedBlocks(file, header.header, signal)) allocated += 1;
  return { blockBytes, count: blocks, allocated, tableOffset, hasBatmap: batmap !== undefined };
}

function versionText(version: number): string {
  return `${version >>> 16}.${version & 0xffff}`;
}

/** Bytes of the disk that the geometry can address. */
export function geometryBytes({ cylinders, heads, sectorsPerTrack }: Geometry): number {
  return cylinders * heads * sectorsPerTrack * sectorBytes;
}
