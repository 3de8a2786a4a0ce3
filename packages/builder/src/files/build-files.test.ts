import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOnDisk, groupBuildFiles, removeBuildFiles, removeFormatFiles } from './build-files.js';
import { readChecksums } from './checksums.js';

const id = '59a01e759ed6486680780441bf69322c';

describe('files in images-dir', () => {
  it('belong to the build whose name they begin with', () => {
    const names = [`deb-${id}.qcow2`, `deb-${id}.qcow2.md5`, `deb-${id}.raw`, `deb-${id}.d`, `deb-${id}.raw.tmp`];

    const builds = groupBuildFiles(names);

    expect([...builds.values()]).toMatchObject([
      { build: `deb-${id}`, image: 'deb', buildId: id, formats: ['qcow2', 'raw'] },
    ]);
    expect(builds.get(`deb-${id}`)?.names).toHaveLength(names.length);
  });

  it.each([
    [`debian-10-dead-${id}.raw`, 'debian-10-dead', id],
    ['precise-0000000002.qcow2', 'precise', '0000000002'],
    [`a-0123456789.b-${id}.d`, 'a-0123456789.b', id],
  ])('%s is of image %s', (name, image, buildId) => {
    expect([...groupBuildFiles([name]).values()]).toMatchObject([{ image, buildId }]);
  });

  it.each(['builder_id.txt', '.running', 'backup-2024.qcow2', `${id}.raw`, `-${id}.raw`, `deb-${id}`, 'deb-abc.raw'])(
    '%s is left alone',
    (name) => {
      expect(groupBuildFiles([name]).size).toBe(0);
    },
  );
});

describe('on the disk', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'nodepool-files-'));
  });
  afterAll(() => rm(dir, { recursive: true }));
  const write = async (...names: readonly string[]): Promise<void> => {
    for (const name of names) await writeFile(join(dir, name), 'x');
  };

  it('all files of a build go, and only they', async () => {
    await write(`a-${id}.raw`, `a-${id}.raw.md5`, `b-a-${id}.raw`);
    await mkdir(join(dir, `a-${id}.d`, 'manifests'), { recursive: true });

    await removeBuildFiles(dir, `a-${id}`);

    expect(await readdir(dir)).toEqual([`b-a-${id}.raw`]);
    await removeBuildFiles(dir, `b-a-${id}`);
  });

  it('a format goes with its checksums, present or not', async () => {
    await write(`a-${id}.raw`, `a-${id}.raw.md5`, `a-${id}.qcow2`);

    await removeFormatFiles(dir, `a-${id}`, 'raw');

    expect(await readdir(dir)).toEqual([`a-${id}.qcow2`]);
    await removeBuildFiles(dir, `a-${id}`);
  });

  it('an empty file counts as missing', async () => {
    await writeFile(join(dir, 'empty'), '');
    await writeFile(join(dir, 'full'), 'x');

    expect(await bytesOnDisk(join(dir, 'empty'))).toBeUndefined();
    expect(await bytesOnDisk(join(dir, 'none'))).toBeUndefined();
    expect(await bytesOnDisk(join(dir, 'full'))).toBeGreaterThan(0);
  });

  it('checksums are the first word of their files, or unknown', async () => {
    await writeFile(join(dir, 'i.md5'), `${'A1'.repeat(16)}  i\n`);
    await writeFile(join(dir, 'i.sha256'), 'too short');

    expect(await readChecksums(join(dir, 'i'))).toEqual({ md5: 'a1'.repeat(16), sha256: undefined });
    expect(await readChecksums(join(dir, 'j'))).toEqual({ md5: undefined, sha256: undefined });
  });
});
