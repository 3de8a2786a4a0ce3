import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolder, isId, listFolders, readJson, removeFolder, writeJson } from './files.js';

describe('isId', () => {
  it.each(['np0000000001', '0123456789abcdef', 'a.b_c-d'])('takes %s', (id) => {
    expect(isId(id)).toBe(true);
  });

  it.each(['', '.', '..', '../x', 'a/b', '.new-1', 'a'.repeat(200), 'a\0b', 7, null, { id: 'x' }])(
    'refuses %j',
    (id) => {
      expect(isId(id)).toBe(false);
    },
  );
});

describe('the folders of the driver', () => {
  let parent = '';
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'np-files-'));
  });
  afterEach(async () => {
    await rm(parent, { recursive: true, force: true });
  });

  it('hold their record from the first moment', async () => {
    const created = await createFolder(join(parent, 'a'), 'record.json', { n: 1 }, 'u1');

    expect(created).toBe(true);
    expect(await readJson(join(parent, 'a', 'record.json'))).toEqual({ n: 1 });
    expect(await readdir(parent)).toEqual(['a']);
  });

  it('are not made over what is there', async () => {
    await createFolder(join(parent, 'a'), 'record.json', { n: 1 }, 'u1');

    expect(await createFolder(join(parent, 'a'), 'record.json', { n: 2 }, 'u2')).toBe(false);
    expect(await readJson(join(parent, 'a', 'record.json'))).toEqual({ n: 1 });
    expect(await readdir(parent)).toEqual(['a']);
  });

  it('are removed once', async () => {
    await createFolder(join(parent, 'a'), 'record.json', {}, 'u1');

    expect([await removeFolder(join(parent, 'a'), 'u2'), await removeFolder(join(parent, 'a'), 'u3')]).toEqual([
      true,
      false,
    ]);
    expect(await readdir(parent)).toEqual([]);
  });

  it('replace a record as a whole', async () => {
    const path = join(parent, 'record.json');
    await writeJson(path, { n: 1 });
    await writeJson(path, { n: 2 });

    expect(await readJson(path)).toEqual({ n: 2 });
    expect(await readdir(parent)).toEqual(['record.json']);
    expect(await readJson(join(parent, 'none.json'))).toBeUndefined();
  });

  it('lose what an interrupted call left behind, but not what one is about to make', async () => {
    await mkdir(join(parent, 'a'));
    await mkdir(join(parent, '.gone-1'));
    await writeFile(join(parent, '.gone-1', 'disk'), '');
    const now = new FakeClock(Date.now());

    const listed = await listFolders(parent, now);
    const before = await readdir(parent);
    await now.advance(3_600_000);
    await listFolders(parent, now);

    expect(listed).toEqual(['a']);
    expect([before.length, await readdir(parent)]).toEqual([2, ['a']]);
    expect(await listFolders(join(parent, 'none'), now)).toEqual([]);
  });
});
