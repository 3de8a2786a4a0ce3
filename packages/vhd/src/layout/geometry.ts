import { sectorBytes } from './bytes.js';

/** What a BIOS is told of a disk. */
export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  readonly sectorsPerTrack: number;
}

const maxCylinders = 65_535;

/**
 * Geometry of a disk, as the format's specification computes it. The disk may be larger than the product of the three.
 *
 * Source: Virtual Hard Disk Image Format Specification 1.0, appendix "CHS calculation".
 *
 * @param diskBytes a multiple of 512.
 */
export function geometryOf(diskBytes: number): Geometry {
  const sectors = Math.min(diskBytes / sectorBytes, maxCylinders * 16 * 255);
  if (sectors >= maxCylinders * 16 * 63) return split(sectors, 16, 255);
  const small = smallGeometry(sectors);
  if (small !== undefined) return small;
  const medium = split(sectors, 16, 31);
  return Math.floor(sectors / 31) < 16 * 1024 ? medium : split(sectors, 16, 63);
}

function smallGeometry(sectors: number): Geometry | undefined {
  const tracks = Math.floor(sectors / 17);
  const heads = Math.max(4, Math.ceil(tracks / 1024));
  return tracks >= heads * 1024 || heads > 16 ? undefined : split(sectors, heads, 17);
}

function split(sectors: number, heads: number, sectorsPerTrack: number): Geometry {
  const tracks = Math.floor(sectors / sectorsPerTrack);
  return { cylinders: Math.floor(tracks / heads), heads, sectorsPerTrack };
}
