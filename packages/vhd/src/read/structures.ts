import { VhdError } from '../errors.js';
import { type BatmapHeader, decodeBatmapHeader } from '../layout/batmap.js';
import { alignUp, sectorBytes } from '../layout/bytes.js';
import { decodeDynamicHeader, dynamicHeaderBytes, type FoundDynamicHeader } from '../layout/dynamic-header.js';
import { decodeFooter, type Footer, type FoundFooter } from '../layout/footer.js';
import type { VhdFile } from './vhd-file.js';

/** What a file says of itself, before it is believed. */
export interface Structures {
  /** The one at the end, or its copy where that is missing. */
  readonly footer: Footer;
  readonly atEnd: FoundFooter | undefined;
  /** At the start; a fixed disk has data there. */
  readonly copy: FoundFooter | undefined;
  /** Whether the two are the same, byte by byte. */
  readonly copyEquals: boolean;
  readonly header: FoundDynamicHeader | undefined;
  /** Where XenServer's tools have it: right behind the table. */
  readonly batmap: (BatmapHeader & { readonly offset: number }) | undefined;
}

/** Tables of more entries are refused: a disk of 2,040 GiB in blocks of 2 MiB has a quarter of that. */
export const maxBlocks = 2 ** 22;

/** @throws VHD_NOT_A_VHD, VHD_UNREADABLE */
export async function readStructures(file: VhdFile): Promise<Structures> {
  const [end, start] = await Promise.all([
    file.read(Math.max(0, file.bytes - sectorBytes), sectorBytes),
    file.read(0, sectorBytes),
  ]);
  const atEnd = decodeFooter(end);
  const copy = decodeFooter(start);
  const footer = chooseFooter(atEnd, copy);
  if (footer === undefined) throw new VhdError('VHD_NOT_A_VHD', `${file.path} is not a VHD`);
  const header =
    footer.headerOffset === null
      ? undefined
      : decodeDynamicHeader(await file.read(footer.headerOffset, dynamicHeaderBytes));
  const batmap = header === undefined ? undefined : await readBatmapHeader(file, header);
  return { footer, atEnd, copy, copyEquals: Buffer.compare(end, start) === 0, header, batmap };
}

/** One whose checksum holds goes before one that lies in the better place. */
function chooseFooter(atEnd: FoundFooter | undefined, copy: FoundFooter | undefined): Footer | undefined {
  const found = [atEnd, copy].filter((footer) => footer !== undefined);
  return (found.find(({ checksumHolds }) => checksumHolds) ?? found[0])?.footer;
}

async function readBatmapHeader(file: VhdFile, { header }: FoundDynamicHeader): Promise<Structures['batmap']> {
  const offset = header.tableOffset + alignUp(4 * header.blocks, sectorBytes);
  const found = decodeBatmapHeader(await file.read(offset, sectorBytes));
  return found === undefined ? undefined : { ...found, offset };
}
