import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkVhd } from '../read/check.js';
import { describeVhd } from '../read/describe.js';
import { digestOf, writeRaw } from '../testing/images.js';
import { convertRawToVhd } from './convert.js';

const execute = promisify(execFile);
const block = 2 * 2 ** 20;

let dir = '';
let source = '';
let target = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vhd-readers-'));
  source = join(dir, 'disk.raw');
  target = join(dir, 'disk.vhd');
  await writeRaw(source, 64 * block, [
    { start: 0, length: 5 * block },
    { start: 20 * block + 512, length: 512 },
    { start: 40 * block - 100, length: 200 },
    { start: 64 * block - 1, length: 1 },
  ]);
});
afterEach(() => rm(dir, { recursive: true }));

/** Prints size and SHA-256 of the disk in a VHD. */
const libvhdiReader = `
import hashlib, sys, pyvhdi
disk = pyvhdi.file()
disk.open(sys.argv[1])
digest = hashlib.sha256()
while True:
    data = disk.read_buffer(1 << 20)
    if not data:
        break
    digest.update(data)
print(disk.get_media_size(), digest.hexdigest())
`;

describe.each(['dynamic', 'fixed'] as const)('a %s disk', (subformat) => {
  it('is the same to qemu as the raw image', async () => {
    await convertRawToVhd({ source, target, subformat });

    const images = [`driver=vpc,file.filename=${target}`, `driver=raw,file.filename=${source}`];
    const { stdout } = await execute('qemu-img', ['compare', '--image-opts', ...images]);

    expect(stdout).toContain('Images are identical.');
  });

  it('is the same to libvhdi as the raw image', async () => {
    await convertRawToVhd({ source, target, subformat });

    const [{ stdout: info }, { stdout: read }] = await Promise.all([
      execute('vhdiinfo', [target]),
      execute('/usr/bin/python3', ['-c', libvhdiReader, target]),
    ]);

    expect(info).toContain(subformat === 'fixed' ? 'Fixed' : 'Dynamic');
    expect(read.trim()).toBe(`${64 * block} ${digestOf('sha256', await readFile(source))}`);
  });
});

describe('a disk that qemu wrote', () => {
  it.each(['dynamic', 'fixed'])('%s is described and found sound', async (subformat) => {
    await execute('qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', '-o', `subformat=${subformat}`, source, target]);

    expect(await checkVhd(target)).toEqual({ isSound: true, findings: [], findingCount: 0 });
    expect(await describeVhd(target)).toMatchObject({ type: subformat, creator: { application: 'qemu' } });
  });

  it('with a size that its geometry exceeds is found unsound, as by the tools of XenServer', async () => {
    await execute('qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', '-o', 'force_size=on', source, target]);

    expect((await checkVhd(target)).findings.map(({ code }) => code)).toEqual(['geometry']);
  });
});
