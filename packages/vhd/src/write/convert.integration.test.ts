import { utimesSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkVhd } from '../read/check.js';
import { describeVhd } from '../read/describe.js';
import { digestOf, type Run, readDisk, writeRaw } from '../testing/images.js';
import { type ConvertOptions, convertRawToVhd } from './convert.js';

const block = 2 * 2 ** 20;
const uuid = '00112233-4455-6677-8899-aabbccddeeff';
const createdAtMs = 946_684_800_000 + 1000;

let dir = '';
let source = '';
let target = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vhd-'));
  source = join(dir, 'disk.raw');
  target = join(dir, 'disk.vhd');
});
afterEach(() => rm(dir, { recursive: true }));

const convert = (options: Partial<ConvertOptions> = {}) =>
  convertRawToVhd({ source, target, subformat: 'dynamic', durable: false, ...options });

describe('a raw image', () => {
  // The digest is that of a file which the tools of XenServer have accepted.
  it('becomes the same file as ever', async () => {
    await writeRaw(source, 7 * block + 4096, [
      { start: 10, length: 3 },
      { start: 2 * block + 8192, length: 2 * block },
      { start: 7 * block, length: 4096 },
    ]);

    await convert({ uuid, createdAtMs });

    expect(digestOf('sha256', await readFile(target))).toBe(
      '1de35e5d30c3dc6641ba66d902e5c74153e5f974a2b3fe6c0133f9759c1a6801',
    );
  });

  it('becomes the same file where nobody can tell its holes', async () => {
    await writeRaw(source, 5 * block, [{ start: 3 * block + 5000, length: 3 }]);
    const before = process.env['PATH'];
    const told = await convert({ uuid, hashes: ['md5'] });
    try {
      process.env['PATH'] = '/nonexistent';

      expect(await convert({ uuid, hashes: ['md5'] })).toEqual(told);
    } finally {
      process.env['PATH'] = before;
    }
    expect((await describeVhd(target)).blocks?.allocated).toBe(1);
  });

  it('keeps its content, with holes and without, dynamic and fixed, whatever its size', async () => {
    const sizes = fc.integer({ min: 1, max: 4 * block });
    const run = fc.record({
      start: fc.integer({ min: 0, max: 4 * block }),
      length: fc.integer({ min: 1, max: 100_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.array(run, { maxLength: 4 }),
        fc.constantFrom('dynamic' as const, 'fixed' as const),
        async (bytes, wanted, subformat) => {
          const runs = wanted.map(({ start, length }): Run => ({ start: start % bytes, length }));
          await writeRaw(source, bytes, runs);
          await truncate(source, bytes);

          const converted = await convert({ subformat, hashes: ['sha256'], sourceHashes: ['md5'] });

          const [raw, disk, file] = await Promise.all([readFile(source), readDisk(target), readFile(target)]);
          expect(Buffer.compare(disk.subarray(0, bytes), raw)).toBe(0);
          expect(disk.subarray(bytes).every((byte) => byte === 0)).toBe(true);
          expect(disk.length % (subformat === 'fixed' ? 2 ** 20 : block)).toBe(0);
          expect(converted.hashes.get('sha256')).toBe(digestOf('sha256', file));
          expect(converted.sourceHashes.get('md5')).toBe(digestOf('md5', raw));
          expect(await checkVhd(target)).toEqual({ isSound: true, findings: [], findingCount: 0 });
        },
      ),
      { numRuns: 12 },
    );
  });

  it('without holes leaves its blocks of zeros out all the same', async () => {
    const bytes = Buffer.alloc(4 * block);
    bytes[3 * block - 1] = 1;
    await writeFile(source, bytes);

    await convert();

    expect((await describeVhd(target)).blocks).toMatchObject({ count: 4, allocated: 1, hasBatmap: true });
  });

  it('of nothing but zeros becomes a disk without blocks', async () => {
    await writeRaw(source, 3 * block, []);

    const { hashes } = await convert({ hashes: ['md5'] });

    expect((await describeVhd(target)).blocks).toMatchObject({ count: 3, allocated: 0 });
    expect(hashes.get('md5')).toBe(digestOf('md5', await readFile(target)));
  });

  it('tells how far it has got, in bytes of data', async () => {
    await writeRaw(source, 8 * block, [{ start: 0, length: block + 1 }]);
    const told: (readonly [number, number])[] = [];

    await convert({ onProgress: (...progress) => told.push(progress) });

    expect(told.at(-1)).toEqual([2 * block, 2 * block]);
    expect(told.map(([bytes]) => bytes)).toEqual(told.map(([bytes]) => bytes).toSorted((left, right) => left - right));
  });

  it('gives the same file twice when its identity is the same', async () => {
    await writeRaw(source, block, [{ start: 0, length: 1000 }]);

    const first = await convert({ uuid, hashes: ['md5'] });
    const second = await convert({ uuid, hashes: ['md5'] });

    expect(second).toEqual(first);
  });
});

describe('a conversion that fails', () => {
  const left = async (): Promise<readonly string[]> => (await readdir(dir)).sort();

  it.each([
    ['is missing', async () => undefined],
    ['is empty', async () => writeFile(source, '')],
    ['is a folder', async () => mkdir(source)],
  ])('because the image %s says so', async (_, arrange) => {
    await arrange();

    await expect(convert()).rejects.toMatchObject({ code: 'VHD_SOURCE_UNUSABLE' });
  });

  it('leaves an earlier result as it was', async () => {
    await writeFile(target, 'earlier');

    await expect(convert()).rejects.toMatchObject({ code: 'VHD_SOURCE_UNUSABLE' });
    expect(await readFile(target, 'utf8')).toBe('earlier');
  });

  it('because the folder is missing says so', async () => {
    await writeRaw(source, block, [{ start: 0, length: 1 }]);

    const failed = convert({ target: join(dir, 'none', 'disk.vhd') });

    await expect(failed).rejects.toMatchObject({ code: 'VHD_TARGET_UNUSABLE' });
  });

  it('never replaces the image itself', async () => {
    await writeRaw(source, block, [{ start: 0, length: 1 }]);

    await expect(convert({ target: source })).rejects.toMatchObject({ code: 'VHD_TARGET_UNUSABLE' });
    expect((await stat(source)).size).toBe(block);
  });

  it('because the image was written to meanwhile leaves nothing', async () => {
    await writeRaw(source, 16 * block, [{ start: 0, length: 8 * block }]);
    const failed = convert({ onProgress: () => utimesSync(source, 1, 1) });

    await expect(failed).rejects.toMatchObject({ code: 'VHD_SOURCE_CHANGED' });
    expect(await left()).toEqual(['disk.raw']);
  });

  it('because it was called off leaves nothing, at any moment', async () => {
    await writeRaw(source, 16 * block, [{ start: 0, length: 16 * block }]);
    const before = convert({ signal: AbortSignal.abort() });
    const controller = new AbortController();
    const amid = convert({ signal: controller.signal, hashes: ['md5'], onProgress: () => controller.abort() });

    await expect(before).rejects.toMatchObject({ code: 'VHD_CALLED_OFF' });
    await expect(amid).rejects.toMatchObject({ code: 'VHD_CALLED_OFF' });
    expect(await left()).toEqual(['disk.raw']);
  });

  it('because an algorithm does not exist leaves nothing', async () => {
    await writeRaw(source, block, [{ start: 0, length: 1 }]);

    await expect(convert({ hashes: ['md999'] })).rejects.toMatchObject({ code: 'VHD_TARGET_UNUSABLE' });
    expect(await left()).toEqual(['disk.raw']);
  });
});
