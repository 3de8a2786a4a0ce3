import type { DynamicHeader } from '../layout/dynamic-header.js';
import { unallocated } from '../layout/plan.js';
import type { VhdFile } from './vhd-file.js';

/** An entry of the block allocation table. */
export interface TableEntry {
  readonly block: number;
  /** Sector where the bitmap of the block begins; its data follows. */
  readonly sector: number;
}

const pieceBytes = 65_536;

/** The blocks that are allocated, in the order of the table, as far as the table lies within the file. */
export async function* allocatedBlocks(
  file: VhdFile,
  { tableOffset, blocks }: DynamicHeader,
  signal: AbortSignal | undefined,
): AsyncGenerator<TableEntry> {
  const perPiece = pieceBytes / 4;
  for (let first = 0; first < blocks; first += perPiece) {
    signal?.throwIfAborted();
    const piece = await file.read(tableOffset + 4 * first, 4 * Math.min(perPiece, blocks - first));
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    for (let place = 0; 4 * place + 4 <= piece.length; place += 1) {
      const sector = view.getUint32(4 * place);
      if (sector !== unallocated) yield { block: first + place, sector };
    }
    if (piece.length < pieceBytes) return;
  }
}
