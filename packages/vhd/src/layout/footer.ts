import { checksum, sectorBytes } from './bytes.js';
import type { Geometry } from './geometry.js';

export type DiskType = 'fixed' | 'dynamic' | 'differencing';

/** The last 512 bytes of every VHD, and the first of a dynamic one. */
export interface Footer {
  /** Four characters; trailing NULs and blanks removed. */
  readonly creatorApplication: string;
  readonly creatorVersion: number;
  readonly creatorHostOs: string;
  readonly formatVersion: number;
  /** Offset of the dynamic header; null for a fixed disk, which has none. */
  readonly headerOffset: number | null;
  /** Seconds since 1 January 2000, UTC. */
  readonly timestamp: number;
  readonly originalBytes: number;
  readonly diskBytes: number;
  readonly geometry: Geometry;
  readonly type: DiskType;
  /** With dashes. */
  readonly uuid: string;
}

const cookie = 'conectix';
const noOffset = 0xffff_ffff_ffff_ffffn;
const checksumAt = 64;
const typeNumbers: Readonly<Record<DiskType, number>> = { fixed: 2, dynamic: 3, differencing: 4 };

/** 1 January 2000, UTC, in seconds of the Unix epoch: where the format's time begins. */
export const epochSec = 946_684_800;

/** The 512 bytes of a footer, checksum included. */
export function encodeFooter(footer: Footer): Uint8Array {
  const bytes = Buffer.alloc(sectorBytes);
  bytes.write(cookie, 0, 'latin1');
  bytes.writeUInt32BE(2, 8);
  bytes.writeUInt32BE(footer.formatVersion, 12);
  bytes.writeBigUInt64BE(footer.headerOffset === null ? noOffset : BigInt(footer.headerOffset), 16);
  bytes.writeUInt32BE(footer.timestamp, 24);
  bytes.write(footer.creatorApplication, 28, 4, 'latin1');
  bytes.writeUInt32BE(footer.creatorVersion, 32);
  bytes.write(footer.creatorHostOs, 36, 4, 'latin1');
  bytes.writeBigUInt64BE(BigInt(footer.originalBytes), 40);
  bytes.writeBigUInt64BE(BigInt(footer.diskBytes), 48);
  bytes.writeUInt16BE(footer.geometry.cylinders, 56);
  bytes.writeUInt8(footer.geometry.heads, 58);
  bytes.writeUInt8(footer.geometry.sectorsPerTrack, 59);
  bytes.writeUInt32BE(typeNumbers[footer.type], 60);
  bytes.write(footer.uuid.replaceAll('-', ''), 68, 'hex');
  bytes.writeUInt32BE(checksum(bytes, checksumAt), checksumAt);
  return bytes;
}

/** A footer as found in a file. */
export interface FoundFooter {
  readonly footer: Footer;
  readonly checksumHolds: boolean;
}

/** Undefined when the bytes are no footer: too few, another cookie, an unknown type, or sizes beyond 2^53. */
export function decodeFooter(found: Uint8Array): FoundFooter | undefined {
  const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  if (bytes.length < sectorBytes || bytes.toString('latin1', 0, 8) !== cookie) return undefined;
  const typeNumber = bytes.readUInt32BE(60);
  const type = (Object.keys(typeNumbers) as DiskType[]).find((name) => typeNumbers[name] === typeNumber);
  const header = bytes.readBigUInt64BE(16);
  const sizes = [bytes.readBigUInt64BE(40), bytes.readBigUInt64BE(48), header === noOffset ? 0n : header];
  const [originalBytes = 0, diskBytes = 0, headerOffset = 0] = sizes.map(Number);
  if (type === undefined || sizes.some((size) => size > BigInt(Number.MAX_SAFE_INTEGER))) return undefined;
  const footer: Footer = {
    creatorApplication: text(bytes, 28),
    creatorVersion: bytes.readUInt32BE(32),
    creatorHostOs: text(bytes, 36),
    formatVersion: bytes.readUInt32BE(12),
    headerOffset: header === noOffset ? null : headerOffset,
    timestamp: bytes.readUInt32BE(24),
    originalBytes,
    diskBytes,
    geometry: {
      cylinders: bytes.readUInt16BE(56),
      heads: bytes.readUInt8(58),
      sectorsPerTrack: bytes.readUInt8(59),
    },
    type,
    uuid: uuidText(bytes.toString('hex', 68, 84)),
  };
  const checksumHolds = bytes.readUInt32BE(checksumAt) === checksum(bytes.subarray(0, sectorBytes), checksumAt);
  return { footer, checksumHolds };
}

function text(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 4).replace(/[\0 ]+$/, '');
}

function uuidText(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
