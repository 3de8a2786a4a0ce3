import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isVhdError } from '../errors.js';
import { checksum } from '../layout/bytes.js';
import { blockBytes as block, planDynamic, planFixed } from '../layout/plan.js';
import { writePlanned } from '../testing/images.js';
import { checkVhd } from './check.js';
import { describeVhd } from './describe.js';

const uuid = '00112233-4455-6677-8899-aabbccddeeff';
const structureBytes = 4096;

let dir = '';
let path = '';
let file: FileHandle;
let fileBytes = 0;
let pristine: { readonly start: Buffer; readonly end: Buffer };

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vhd-check-'));
  path = join(dir, 'disk.vhd');
  const plan = planDynamic({ sourceBytes: 4 * block, timestamp: 1, uuid }, [true, false, true, false]);
  await writePlanned(path, plan);
  fileBytes = plan.fileBytes;
  file = await open(path, 'r+');
  pristine = { start: await bytesAt(0, structureBytes), end: await bytesAt(fileBytes - 512, 512) };
});
afterEach(() => restore());
afterAll(async () => {
  await file.close();
  await rm(dir, { recursive: true });
});

async function restore(): Promise<void> {
  await file.truncate(fileBytes);
  await file.write(pristine.start, 0, structureBytes, 0);
  await file.write(pristine.end, 0, 512, fileBytes - 512);
}

/** Negative places count from the end of the file. */
function placeOf(place: number, length: number): number {
  return place < 0 ? Math.min(fileBytes + place, fileBytes - length) : place;
}

/** What a reader must not end with. */
function unexpected(result: PromiseSettledResult<unknown>): readonly unknown[] {
  if (result.status === 'fulfilled') return [];
  const { reason } = result;
  return isVhdError(reason, 'VHD_NOT_A_VHD') || isVhdError(reason, 'VHD_BROKEN') ? [] : [reason];
}

async function bytesAt(position: number, length: number): Promise<Buffer> {
  const { buffer } = await file.read({ buffer: Buffer.alloc(length), position });
  return buffer;
}

async function put(position: number, ...bytes: readonly number[]): Promise<void> {
  await file.write(Buffer.from(bytes), 0, bytes.length, position);
}

/** Changes a field of the dynamic header and mends its checksum. */
async function putHeader(at: number, value: number): Promise<void> {
  const header = await bytesAt(512, 1024);
  header.writeUInt32BE(value, at);
  header.writeUInt32BE(checksum(header, 36), 36);
  await file.write(header, 0, 1024, 512);
}

const codes = async (): Promise<readonly string[]> => [
  ...new Set((await checkVhd(path)).findings.map(({ code }) => code)),
];

describe('a check', () => {
  it('finds nothing in what was written here', async () => {
    expect(await codes()).toEqual([]);
  });

  it.each([
    ['the footer is gone', () => file.truncate(fileBytes - 512), ['footer-missing', 'block-outside', 'batmap-differs']],
    ['the footer was changed', () => put(fileBytes - 512 + 100, 1), ['footer-checksum', 'copy-differs']],
    ['the copy of the footer was changed', () => put(100, 1), ['copy-differs']],
    ['the copy of the footer is gone', () => put(0, 0), ['copy-missing']],
    ['the header is gone', () => put(512, 0), ['header-missing']],
    ['the header was changed', () => put(512 + 100, 1), ['header-checksum']],
    ['blocks have an odd size', () => putHeader(32, 3_000_000), ['block-size']],
    ['blocks have no size', () => putHeader(32, 0), ['block-size', 'table-size']],
    ['the table is too short', () => putHeader(28, 3), ['table-size']],
    ['the table is longer than any', () => putHeader(28, 0xffff_ffff), ['table-size', 'table-outside']],
    ['the table lies outside', () => putHeader(20, 0x7fff_fe00), ['table-outside']],
    ['a block lies outside', () => put(1536 + 4, 0x10, 0, 0, 0), ['block-outside']],
    ['a block lies on a structure', () => put(1536 + 4, 0, 0, 0, 2), ['block-overlap', 'batmap-differs']],
    ['a block that the batmap calls full is not there', () => put(1536, 255, 255, 255, 255), ['batmap-differs']],
    ['the batmap was changed', () => put(2560, 0b1000_0000), ['batmap-checksum']],
    ['the batmap lies outside', () => put(2048 + 8, 0, 1), ['batmap-outside']],
    ['a bitmap has a gap', () => put(3584, 0xfe), ['batmap-differs']],
  ])('finds it when %s', async (_, damage, expected) => {
    await damage();

    expect(await codes()).toEqual(expected);
  });

  it('finds blocks that lie on each other', async () => {
    await file.write(await bytesAt(1536, 4), 0, 4, 1536 + 4);

    expect(await codes()).toContain('block-overlap');
  });

  it('finds a fixed disk that was cut', async () => {
    const target = join(dir, 'fixed.vhd');
    await writePlanned(target, planFixed({ sourceBytes: 2 ** 20, timestamp: 1, uuid }));
    const whole = await checkVhd(target);
    await using fixed = await open(target, 'r+');
    const footer = Buffer.alloc(512);
    await fixed.read(footer, 0, 512, 2 ** 20);
    await fixed.write(footer, 0, 512, 2 ** 19);
    await fixed.truncate(2 ** 19 + 512);

    expect(whole.isSound).toBe(true);
    expect((await checkVhd(target)).findings.map(({ code }) => code)).toEqual(['file-size']);
  });

  it('refuses what is no VHD', async () => {
    const other = join(dir, 'other');
    await writeFile(other, 'conectix');

    await expect(checkVhd(other)).rejects.toMatchObject({ code: 'VHD_NOT_A_VHD' });
    await expect(describeVhd(other)).rejects.toMatchObject({ code: 'VHD_NOT_A_VHD' });
    await expect(checkVhd(join(dir, 'none'))).rejects.toMatchObject({ code: 'VHD_UNREADABLE' });
  });

  it('ends with findings or a code, and soon, whatever the structures hold', async () => {
    const damage = fc.array(
      fc.record({
        place: fc.oneof(fc.integer({ min: 0, max: 2600 }), fc.integer({ min: -512, max: -1 })),
        bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      }),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(damage, fc.option(fc.integer({ min: 0, max: 4096 })), async (changes, cut) => {
        for (const { place, bytes } of changes) await put(placeOf(place, bytes.length), ...bytes);
        if (cut !== null) await file.truncate(cut);

        const results = await Promise.allSettled([describeVhd(path), checkVhd(path)]);

        await restore();
        expect(results.flatMap(unexpected)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a description', () => {
  it('says what a disk is and how much of it is there', async () => {
    expect(await describeVhd(path)).toMatchObject({
      type: 'dynamic',
      fileBytes,
      diskBytes: 4 * block,
      originalBytes: 4 * block,
      creator: { application: 'tap', version: '1.3', hostOs: '' },
      blocks: { blockBytes: block, count: 4, allocated: 2, tableOffset: 1536, hasBatmap: true },
    });
  });

  it('is made from the copy when the footer is damaged', async () => {
    await put(fileBytes - 512, 0);

    expect((await describeVhd(path)).diskBytes).toBe(4 * block);
  });

  it('of a disk without its header is refused', async () => {
    await put(512, 0);

    await expect(describeVhd(path)).rejects.toMatchObject({ code: 'VHD_BROKEN' });
  });
});
