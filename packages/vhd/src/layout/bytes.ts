/** Smallest unit of the format: every structure begins and ends at a multiple of it. */
export const sectorBytes = 512;

/** The smallest multiple of `unit` that is not below `value`. */
export function alignUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}

/**
 * The checksum of a footer, a header or a map: the ones' complement of the sum of its bytes.
 *
 * @param skipAt offset of the four bytes that hold the checksum itself; they count as zero.
 */
export function checksum(bytes: Uint8Array, skipAt = -1): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  if (skipAt >= 0) for (const byte of bytes.subarray(skipAt, skipAt + 4)) sum -= byte;
  return ~sum >>> 0;
}
