import { checksum } from './bytes.js';

/** What follows the footer's copy in a dynamic disk. */
export interface DynamicHeader {
  /** Where the block allocation table begins. */
  readonly tableOffset: number;
  /** Entries of the table. */
  readonly blocks: number;
  readonly blockBytes: number;
}

export const dynamicHeaderBytes = 1024;

const cookie = 'cxsparse';
const checksumAt = 36;

/** The 1,024 bytes of a dynamic header, checksum included. */
export function encodeDynamicHeader(header: DynamicHeader): Uint8Array {
  const bytes = Buffer.alloc(dynamicHeaderBytes);
  bytes.write(cookie, 0, 'latin1');
  bytes.fill(0xff, 8, 16);
  bytes.writeBigUInt64BE(BigInt(header.tableOffset), 16);
  bytes.writeUInt32BE(0x0001_0000, 24);
  bytes.writeUInt32BE(header.blocks, 28);
  bytes.writeUInt32BE(header.blockBytes, 32);
  bytes.writeUInt32BE(checksum(bytes, checksumAt), checksumAt);
  return bytes;
}

/** A dynamic header as found in a file. */
export interface FoundDynamicHeader {
  readonly header: DynamicHeader;
  readonly checksumHolds: boolean;
}

/** Undefined when the bytes are no dynamic header: too few, another cookie, or an offset beyond 2^53. */
export function decodeDynamicHeader(found: Uint8Array): FoundDynamicHeader | undefined {
  const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  if (bytes.length < dynamicHeaderBytes || bytes.toString('latin1', 0, 8) !== cookie) return undefined;
  const tableOffset = Number(bytes.readBigUInt64BE(16));
  if (!Number.isSafeInteger(tableOffset)) return undefined;
  return {
    header: { tableOffset, blocks: bytes.readUInt32BE(28), blockBytes: bytes.readUInt32BE(32) },
    checksumHolds: bytes.readUInt32BE(checksumAt) === checksum(bytes.subarray(0, dynamicHeaderBytes), checksumAt),
  };
}
