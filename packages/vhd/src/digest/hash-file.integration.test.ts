import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf, writeRaw } from '../testing/images.js';
import { hashFile } from './hash-file.js';

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'hash-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('digests of a file', () => {
  it('are those of all its bytes, holes included', async () => {
    const path = join(dir, 'disk.raw');
    await writeRaw(path, 20 * 2 ** 20 + 7, [
      { start: 5, length: 3_000_000 },
      { start: 17 * 2 ** 20, length: 100 },
    ]);

    const digests = await hashFile({ path, hashes: ['md5', 'sha256'] });

    const bytes = await readFile(path);
    expect(digests).toEqual(
      new Map([
        ['md5', digestOf('md5', bytes)],
        ['sha256', digestOf('sha256', bytes)],
      ]),
    );
  });

  it('are refused for what is no file', async () => {
    await expect(hashFile({ path: dir, hashes: ['md5'] })).rejects.toMatchObject({ code: 'VHD_SOURCE_UNUSABLE' });
  });
});
