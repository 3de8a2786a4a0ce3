import { alignUp, sectorBytes } from '../layout/bytes.js';
import { type DynamicHeader, dynamicHeaderBytes } from '../layout/dynamic-header.js';
import type { Footer } from '../layout/footer.js';
import { checkBatmap, checkBlocks, type Region } from './check-blocks.js';
import { geometryBytes, type ReadOptions } from './describe.js';
import { type Finding, Findings } from './findings.js';
import { maxBlocks, readStructures, type Structures } from './structures.js';
import { openVhdFile, type VhdFile } from './vhd-file.js';

export interface VhdCheck {
  /** Nothing was found. */
  readonly isSound: boolean;
  /** The first hundred. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
}

/**
 * Checks that the structures of a VHD are whole and agree with each other: checksums, footer and copy, every block
 * within the file and on no other, batmap and bitmaps. Takes memory for the table and no more, whatever the file holds.
 * The parent of a differencing disk is not looked at.
 *
 * @throws VHD_NOT_A_VHD, VHD_UNREADABLE; everything else is a finding.
 */
export async function checkVhd(path: string, { signal }: ReadOptions = {}): Promise<VhdCheck> {
  await using file = await openVhdFile(path);
  const structures = await readStructures(file);
  const findings = new Findings();
  checkFooters(structures, findings);
  if (structures.footer.type === 'fixed') {
    const expected = structures.footer.diskBytes + sectorBytes;
    findings.addUnless(file.bytes === expected, 'file-size', `${file.bytes} bytes instead of ${expected}`);
  } else {
    await checkDynamic(file, structures, findings, signal);
  }
  return { isSound: findings.count === 0, findings: findings.kept, findingCount: findings.count };
}

function checkFooters({ footer, atEnd, copy, copyEquals }: Structures, findings: Findings): void {
  if (atEnd === undefined) findings.add('footer-missing');
  else findings.addUnless(atEnd.checksumHolds, 'footer-checksum', 'at the end');
  if (footer.type !== 'fixed') {
    if (copy === undefined) findings.add('copy-missing');
    else if (atEnd !== undefined) findings.addUnless(copyEquals, 'copy-differs');
    else findings.addUnless(copy.checksumHolds, 'footer-checksum', 'at the start');
  }
  const { formatVersion, diskBytes, geometry } = footer;
  findings.addUnless(formatVersion === 0x0001_0000, 'footer-version', `0x${formatVersion.toString(16)}`);
  findings.addUnless(diskBytes > 0 && diskBytes % sectorBytes === 0, 'disk-size', `${diskBytes} bytes`);
  findings.addUnless(geometryBytes(geometry) <= diskBytes, 'geometry', geometryText(footer));
}

function geometryText({ geometry, diskBytes }: Footer): string {
  const { cylinders, heads, sectorsPerTrack } = geometry;
  return `${cylinders} x ${heads} x ${sectorsPerTrack} sectors, ${diskBytes / sectorBytes} there`;
}

async function checkDynamic(
  file: VhdFile,
  { footer, header: found, batmap }: Structures,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (found === undefined) {
    findings.add('header-missing', `at ${footer.headerOffset ?? 'no offset'}`);
    return;
  }
  const { header } = found;
  findings.addUnless(found.checksumHolds, 'header-checksum');
  if (!checkTable(file, footer, header, findings)) return;
  const regions = structureRegions(footer, header, batmap);
  const entries = await checkBlocks(file, header, regions, findings, signal);
  if (batmap !== undefined) await checkBatmap(file, header, batmap, entries, findings, signal);
}

/** False when the table cannot be walked. */
function checkTable(file: VhdFile, footer: Footer, header: DynamicHeader, findings: Findings): boolean {
  const { blocks, blockBytes, tableOffset } = header;
  const isPowerOfTwo = (blockBytes & (blockBytes - 1)) === 0;
  const isBlockSize = isPowerOfTwo && blockBytes >= 4096 && blockBytes <= 2 ** 28;
  findings.addUnless(isBlockSize, 'block-size', `${blockBytes} bytes`);
  const isTableSize = blocks <= maxBlocks && blocks * blockBytes >= footer.diskBytes;
  findings.addUnless(isTableSize, 'table-size', `${blocks} blocks of ${blockBytes} bytes`);
  const isInside = tableOffset % sectorBytes === 0 && tableOffset + 4 * blocks <= file.bytes - sectorBytes;
  findings.addUnless(isInside, 'table-outside', `${blocks} blocks at ${tableOffset}`);
  return isBlockSize && isInside && blocks <= maxBlocks;
}

function structureRegions(footer: Footer, header: DynamicHeader, batmap: Structures['batmap']): readonly Region[] {
  const headerAt = footer.headerOffset ?? 0;
  const tableEnd = header.tableOffset + alignUp(4 * header.blocks, sectorBytes);
  const regions = [
    { name: 'copy of the footer', start: 0, end: sectorBytes },
    { name: 'header', start: headerAt, end: headerAt + dynamicHeaderBytes },
    { name: 'table', start: header.tableOffset, end: tableEnd },
  ];
  if (batmap === undefined) return regions;
  const mapEnd = batmap.mapOffset + batmap.mapSectors * sectorBytes;
  return [
    ...regions,
    { name: 'batmap header', start: batmap.offset, end: batmap.offset + sectorBytes },
    { name: 'batmap', start: batmap.mapOffset, end: mapEnd },
  ];
}
