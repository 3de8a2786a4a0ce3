import { alignUp, checksum, sectorBytes } from './bytes.js';

/** Where the map of full blocks lies, which XenServer's tools keep between the table and the data. */
export interface BatmapHeader {
  readonly mapOffset: number;
  readonly mapSectors: number;
  readonly mapChecksum: number;
}

const cookie = 'tdbatmap';

/** Header and map: one bit for each block, the most significant first, set where the block is allocated in full. */
export function encodeBatmap(allocated: readonly boolean[], headerOffset: number): Uint8Array {
  const mapBytes = alignUp(Math.ceil(allocated.length / 8), sectorBytes);
  const bytes = Buffer.alloc(sectorBytes + mapBytes);
  const map = bytes.subarray(sectorBytes);
  allocated.forEach((isAllocated, block) => {
    if (isAllocated) map[block >> 3] = (map[block >> 3] ?? 0) | (0x80 >> (block & 7));
  });
  bytes.write(cookie, 0, 'latin1');
  bytes.writeBigUInt64BE(BigInt(headerOffset + sectorBytes), 8);
  bytes.writeUInt32BE(mapBytes / sectorBytes, 16);
  bytes.writeUInt32BE(0x0001_0002, 20);
  bytes.writeUInt32BE(checksum(map), 24);
  return bytes;
}

/** Undefined when the bytes are no header of a batmap: most tools write none. */
export function decodeBatmapHeader(found: Uint8Array): BatmapHeader | undefined {
  const bytes = Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  if (bytes.length < sectorBytes || bytes.toString('latin1', 0, 8) !== cookie) return undefined;
  const mapOffset = Number(bytes.readBigUInt64BE(8));
  if (!Number.isSafeInteger(mapOffset)) return undefined;
  return { mapOffset, mapSectors: bytes.readUInt32BE(16), mapChecksum: bytes.readUInt32BE(24) };
}
