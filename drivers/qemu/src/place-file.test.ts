import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { placeFile } from './place-file.js';

const content = Buffer.alloc(3_000_000, 7);
const sha256 = createHash('sha256').update(content).digest('hex');
const never = new AbortController().signal;

describe('placing a file from another file system', () => {
  let folder = '';
  let elsewhere = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'np-place-'));
    // Memory of its own on every Linux, so never the file system of the temporary folder's mount.
    elsewhere = await mkdtemp('/dev/shm/np-place-');
    await writeFile(join(elsewhere, 'source'), content);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
    await rm(elsewhere, { recursive: true, force: true });
  });

  it('copies it, verifies it and says how far it is', async () => {
    const target = join(folder, 'target');
    const progress: number[] = [];
    const source = { path: join(elsewhere, 'source'), md5: undefined, sha256 };

    await placeFile(source, target, never, (bytes) => progress.push(bytes));

    expect(content.equals(await readFile(target))).toBe(true);
    expect((await stat(target)).ino).not.toBe((await stat(source.path)).ino);
    expect(progress.at(-1)).toBe(content.length);
  });

  it('stops when it is called off', async () => {
    const controller = new AbortController();
    const source = { path: join(elsewhere, 'source'), md5: undefined, sha256 };

    const copied = placeFile(source, join(folder, 'target'), controller.signal, () => controller.abort());

    await expect(copied).rejects.toMatchObject({ name: 'AbortError' });
  });
});
