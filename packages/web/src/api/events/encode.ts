import { promisify } from 'node:util';
import { constants, deflateRaw, deflateRawSync } from 'node:zlib';

/** Bytes for clients that take gzip, and for those that do not. */
export interface Encoded {
  readonly plain: Buffer;
  readonly packed: Buffer;
}

const deflate = promisify(deflateRaw);

/**
 * Ends at a byte boundary and refers to nothing before it, so that the same bytes go into the stream of every client,
 * wherever that began. Source: RFC 1951 section 3.2.4 (a stream is a series of blocks), zlib manual on Z_FULL_FLUSH.
 */
const blockOptions = { level: 1, finishFlush: constants.Z_FULL_FLUSH };

/** How a stream of gzip begins; it never ends, so that there is no checksum. Source: RFC 1952 section 2.3. */
export const gzipHeader = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** Once for all clients, compressed outside of the event loop. */
export async function encode(text: string): Promise<Encoded> {
  const plain = Buffer.from(text);
  return { plain, packed: await deflate(plain, blockOptions) };
}

/** For a few bytes. */
export function encodeNow(text: string): Encoded {
  const plain = Buffer.from(text);
  return { plain, packed: deflateRawSync(plain, blockOptions) };
}
