import { opcodes, reservedXids } from '../codec/opcodes.js';
import type { JuteWriter } from '../codec/writer.js';
import type { CallSpec } from './request.js';
import type { WatchKind } from './watch-registry.js';

/** The server refuses frames beyond `jute.maxbuffer`; other clients keep to this size. */
const maxChunkBytes = 120 * 1024;

/** In the order of the record. */
const kinds = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;
type Chunk = Record<WatchKind, string[]>;

/**
 * Requests that set watches again after a reconnect. For one-shot watches the server sends at once what has happened
 * since `relativeZxid`.
 *
 * @param watches paths as the server knows them.
 */
export function setWatchesCalls(
  watches: Iterable<{ readonly kind: WatchKind; readonly path: string }>,
  relativeZxid: bigint,
): CallSpec<void>[] {
  return chunks(watches).map((chunk) => ({
    opcode: opcodes.setWatches2,
    reservedXid: reservedXids.setWatches,
    path: undefined,
    encode: (writer: JuteWriter) => {
      writer.long(relativeZxid);
      for (const kind of kinds) writer.strings(chunk[kind]);
    },
    decode: () => undefined,
  }));
}

function chunks(watches: Iterable<{ readonly kind: WatchKind; readonly path: string }>): Chunk[] {
  const all: Chunk[] = [];
  let chunk: Chunk | undefined;
  let bytes = 0;
  for (const { kind, path } of watches) {
    const size = 4 + path.length * 3;
    if (chunk === undefined || bytes + size > maxChunkBytes) {
      chunk = { data: [], exist: [], child: [], persistent: [], recursive: [] };
      all.push(chunk);
      bytes = 0;
    }
    chunk[kind].push(path);
    bytes += size;
  }
  return all;
}
