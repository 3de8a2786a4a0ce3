import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { spaceShortage } from './disk-space.js';
import { type SpaceKey, writeSpaceNote } from './space-note.js';

let dir = '';
let key: SpaceKey;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-space-'));
  key = { imagesDir: dir, image: 'debian', formats: ['vhd'], conversion: 'auto' };
});
afterEach(() => rm(dir, { recursive: true }));

const tooMuch = 2 ** 60;
const shortage = (of: Partial<SpaceKey> = {}, minFreeMiB = 0): Promise<string | undefined> =>
  spaceShortage({ ...key, ...of, minFreeMiB });

describe('space for a build', () => {
  it('is enough when nothing is known of the image and nothing is to be left', async () => {
    expect(await shortage()).toBeUndefined();
  });

  it('is what the operator wants to be left at least', async () => {
    expect(await shortage({}, 2 ** 40)).toMatch(/1099511627776 MiB needed \(images-dir-min-free\)$/);
  });

  it('is what the last build took while it was made, its raw image included', async () => {
    await writeSpaceNote(key, tooMuch, () => true);

    expect(await shortage()).toMatch(/needed \(what the last build took while it was made\)$/);
  });

  it.each<[string, Partial<SpaceKey>]>([
    ['in other formats', { formats: ['qcow2', 'vhd'] }],
    ['by another tool', { conversion: 'dib-cmd' }],
    ['of another image', { image: 'debian-12' }],
  ])('is not judged by builds %s', async (_, of) => {
    await writeSpaceNote(key, tooMuch, () => true);

    expect(await shortage(of)).toBeUndefined();
  });

  it('is not judged by a note that is damaged', async () => {
    await writeSpaceNote(key, tooMuch, () => true);
    await writeFile(join(dir, '.space', 'debian.json'), '[{');

    expect(await shortage()).toBeUndefined();
  });
});

it('notes of images that are no longer configured go', async () => {
  await writeSpaceNote({ ...key, image: 'old' }, 1, () => true);

  await writeSpaceNote(key, 1, (image) => image === 'debian');

  expect(await readdir(join(dir, '.space'))).toEqual(['debian.json']);
});
