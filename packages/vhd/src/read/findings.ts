/** What can be wrong with a VHD, each with what it means. */
export const findingMeanings = {
  'footer-missing': 'there is no footer at the end; the copy at the start was used',
  'footer-checksum': 'the checksum of the footer is wrong',
  'footer-version': 'the version of the format is not 1.0',
  'copy-missing': 'there is no copy of the footer at the start',
  'copy-differs': 'the copy of the footer differs from the footer',
  'disk-size': 'the size of the disk is not a whole number of sectors, or is zero',
  'file-size': 'the file is not as long as a fixed disk of its size',
  geometry: 'the geometry addresses sectors beyond the end of the disk',
  'header-missing': 'there is no header where the footer says',
  'header-checksum': 'the checksum of the header is wrong',
  'block-size': 'the size of the blocks is not a power of two from 4 KiB to 256 MiB',
  'table-size': 'the table has fewer blocks than the disk, or more than any disk has',
  'table-outside': 'the table lies outside of the file',
  'block-outside': 'a block lies outside of the file',
  'block-overlap': 'a block overlaps another one, or a structure',
  'batmap-outside': 'the batmap lies outside of the file, or is too small',
  'batmap-checksum': 'the checksum of the batmap is wrong',
  'batmap-differs': 'the batmap calls a block full that is not',
} as const;

export type FindingCode = keyof typeof findingMeanings;

export interface Finding {
  readonly code: FindingCode;
  /** One sentence, with the place. */
  readonly message: string;
}

/** More findings than this are counted only. */
const maxKept = 100;

/** Collects what is wrong, in bounded memory. */
export class Findings {
  readonly kept: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param where added in parentheses. */
  add(code: FindingCode, where?: string): void {
    this.#count += 1;
    const message = where === undefined ? findingMeanings[code] : `${findingMeanings[code]} (${where})`;
    if (this.kept.length < maxKept) this.kept.push({ code, message });
  }

  addUnless(holds: boolean, code: FindingCode, where?: string): void {
    if (!holds) this.add(code, where);
  }
}
