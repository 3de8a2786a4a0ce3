import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemClock } from '@nodepool/runtime';
import { checkVhd, describeVhd } from '@nodepool/vhd';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aFakeProvider, fakeDib, Harness } from '../testing/harness.js';
import { processesWith } from '../testing/processes.js';
import { type ConversionOptions, convertBuild } from './convert.js';
import type { ConversionPlan } from './plan.js';

const execute = promisify(execFile);
const never = new AbortController().signal;

let dir = '';
let base = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-convert-'));
  base = join(dir, 'debian-1');
});
afterEach(() => rm(dir, { recursive: true }));

async function writeRaw(bytes: number): Promise<void> {
  await using file = await open(`${base}.raw`, 'w');
  await file.truncate(bytes);
  for (let at = 0; at < bytes; at += 7_000_000) await file.write(Buffer.alloc(10_000, 'data'), 0, 10_000, at);
}

const everything: ConversionPlan = {
  commandFormats: ['raw'],
  commandChecksums: false,
  ownFormats: ['qcow2', 'vhd'],
  vhdSubformat: 'dynamic',
  removeRaw: false,
};

const options = (overrides: Partial<ConversionOptions> = {}): ConversionOptions => ({
  plan: everything,
  base,
  qcow2Compression: 'zlib',
  runQemuImg: async (args) => {
    await execute('qemu-img', [...args]);
    return { kind: 'exited', code: 0, survivors: [] };
  },
  onProgress: () => undefined,
  onMade: () => undefined,
  ...overrides,
});

async function digest(algorithm: string, path: string): Promise<string> {
  return `${createHash(algorithm)
    .update(await readFile(path))
    .digest('hex')}  ${path}\n`;
}

describe('a raw image', () => {
  it('becomes qcow2 and vhd of the same content, each with its checksums', async () => {
    await writeRaw(20 * 2 ** 20);

    await convertBuild(options(), never);

    const images = [`driver=qcow2,file.filename=${base}.qcow2`, `driver=vpc,file.filename=${base}.vhd`];
    const { stdout } = await execute('qemu-img', ['compare', '--image-opts', ...images]);
    expect(stdout).toContain('Images are identical.');
    for (const format of ['qcow2', 'raw', 'vhd']) {
      expect(await readFile(`${base}.${format}.md5`, 'utf8')).toBe(await digest('md5', `${base}.${format}`));
      expect(await readFile(`${base}.${format}.sha256`, 'utf8')).toBe(await digest('sha256', `${base}.${format}`));
    }
  });

  it('goes when nobody wants it, and has checksums when it is all that is wanted', async () => {
    await writeRaw(5 * 2 ** 20);
    await convertBuild(options({ plan: { ...everything, ownFormats: [] } }), never);
    const alone = (await readdir(dir)).sort();
    await convertBuild(options({ plan: { ...everything, ownFormats: ['vhd'], removeRaw: true } }), never);

    expect(alone).toEqual(['debian-1.raw', 'debian-1.raw.md5', 'debian-1.raw.sha256']);
    expect(await readdir(dir)).not.toContain('debian-1.raw');
  });

  it.each([
    ['zlib', '0.10', 'zlib'],
    ['zstd', '1.1', 'zstd'],
    ['none', '0.10', 'zlib'],
  ] as const)('becomes qcow2 with compression %s of version %s', async (qcow2Compression, compat, compressionType) => {
    await writeRaw(5 * 2 ** 20);

    await convertBuild(options({ qcow2Compression, plan: { ...everything, ownFormats: ['qcow2'] } }), never);

    const { stdout } = await execute('qemu-img', ['info', '--output=json', `${base}.qcow2`]);
    expect(JSON.parse(stdout)['format-specific'].data).toMatchObject({ compat, 'compression-type': compressionType });
  });

  it('of which one format cannot be made ends the others, and says why', async () => {
    await writeRaw(5 * 2 ** 20);
    const runQemuImg: ConversionOptions['runQemuImg'] = async () => ({ kind: 'exited', code: 1, survivors: [] });
    await expect(convertBuild(options({ runQemuImg }), never)).rejects.toThrow('qemu-img exited with 1');

    const missing: ConversionOptions['runQemuImg'] = async () => {
      return { kind: 'not-started', code: 'ENOENT', error: new Error('spawn qemu-img ENOENT') };
    };
    await expect(convertBuild(options({ runQemuImg: missing }), never)).rejects.toThrow('apt-get install qemu-utils');

    await rm(`${base}.raw`);
    const qemuImgEnds: ConversionOptions['runQemuImg'] = (_, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ kind: 'called-off', survivors: [] }), { once: true });
      });
    const failed = convertBuild(options({ runQemuImg: qemuImgEnds }), never);
    await expect(failed).rejects.toMatchObject({ code: 'VHD_SOURCE_UNUSABLE' });
  });
});

describe('a builder', () => {
  const image = (name: string, conversion: 'auto' | 'nodepool', more: object = {}) => ({
    name,
    conversion,
    formats: ['qcow2', 'vhd'],
    ...more,
  });

  async function commandNamed(name: string, script: string): Promise<string> {
    const path = join(dir, name);
    await writeFile(path, script);
    await chmod(path, 0o755);
    return path;
  }

  const filesOf = async (harness: Harness): Promise<readonly string[]> => {
    const [build] = harness.builds();
    const names = await readdir(harness.imagesDir);
    return names
      .filter((name) => name.startsWith(`debian-${build?.id}`))
      .map((name) => name.split('.').slice(1).join('.'));
  };

  it('makes the vhd where disk-image-create has no tool for it, and nothing else', async () => {
    await symlink(fakeDib, join(dir, 'disk-image-create'));
    const dibCmd = join(dir, 'disk-image-create');
    await using harness = await Harness.open({ diskimages: [image('debian', 'auto', { dibCmd })] }, systemClock);

    await harness.start();
    await harness.until(() => harness.builds()[0]?.state === 'ready');

    const [build] = harness.builds();
    const log = await readFile(join(harness.logDir, `debian-${build?.id}.log`), 'utf8');
    expect(log).toContain('as qcow2,raw\n');
    expect(log).toMatch(/nodepool: made dynamic vhd, checksums in \d+\.\d s/);
    expect(build?.formats).toEqual(['qcow2', 'vhd']);
    expect((await filesOf(harness)).toSorted()).toEqual(
      ['d', 'qcow2', 'qcow2.md5', 'qcow2.sha256', 'vhd', 'vhd.md5', 'vhd.sha256'].toSorted(),
    );
    expect((await checkVhd(join(harness.imagesDir, `debian-${build?.id}.vhd`))).isSound).toBe(true);
  });

  it('remembers what the raw image took as well, for the space that the next build needs', async () => {
    const dibCmd = await commandNamed('make', '#!/bin/sh\nexec head -c 1M /dev/urandom > "$DIB_IMAGE_FILENAME.raw"\n');
    await using harness = await Harness.open({ diskimages: [image('debian', 'nodepool', { dibCmd })] }, systemClock);

    await harness.start();
    await harness.until(() => harness.builds()[0]?.state === 'ready');

    const { bytes } = JSON.parse(await readFile(join(harness.imagesDir, '.space', 'debian.json'), 'utf8'));
    const left = ['qcow2', 'vhd'].map((format) =>
      stat(join(harness.imagesDir, `debian-${harness.builds()[0]?.id}.${format}`)),
    );
    const leftBytes = (await Promise.all(left)).reduce((sum, { blocks }) => sum + 512 * blocks, 0);
    expect(bytes).toBeGreaterThanOrEqual(leftBytes + 2 ** 20);
  });

  it('leaves the vhd to disk-image-create where vhd-util can convert', async () => {
    await symlink(fakeDib, join(dir, 'disk-image-create'));
    await commandNamed('vhd-util', '#!/bin/sh\necho "COMMAND := { create | convert }"\n');
    const envVars = { PATH: `${dir}:${process.env['PATH']}` };
    const dibCmd = join(dir, 'disk-image-create');
    await using harness = await Harness.open(
      { diskimages: [image('debian', 'auto', { dibCmd, envVars })] },
      systemClock,
    );

    await harness.start();
    await harness.until(() => harness.builds()[0]?.state === 'ready');

    const log = await readFile(join(harness.logDir, `debian-${harness.builds()[0]?.id}.log`), 'utf8');
    expect(log).toContain('as qcow2,vhd\n');
  });

  it('makes a fixed vhd for a provider that takes no other', async () => {
    const providers = [aFakeProvider('cloud-a', ['debian'])];
    const diskimages = [image('debian', 'nodepool')];
    await using harness = await Harness.open({ diskimages, providers }, systemClock);
    harness.imageTraits = { format: 'vhd', vhdSubformat: 'fixed' };

    await harness.start();
    await harness.until(() => harness.builds()[0]?.state === 'ready');

    const path = join(harness.imagesDir, `debian-${harness.builds()[0]?.id}.vhd`);
    expect((await describeVhd(path)).type).toBe('fixed');
  });

  /** A qemu-img that never ends by itself, on the search path of the build. */
  async function hangingQemuImg(): Promise<Readonly<Record<string, string>>> {
    await mkdir(join(dir, 'bin'));
    await commandNamed('bin/qemu-img', '#!/bin/sh\necho hanging\nsleep 600 & wait\n');
    return { PATH: `${dir}/bin:${process.env['PATH']}` };
  }

  it.each([
    ['runs out of time', 'timed out after 3 seconds', 3],
    ['is called off', 'called off', 600],
  ])('fails a build whose conversion %s, and ends what it had started', async (_, reason, buildTimeoutSec) => {
    const envVars = await hangingQemuImg();
    const diskimages = [image('debian', 'nodepool', { envVars, buildTimeoutSec, formats: ['qcow2'] })];
    await using harness = await Harness.open({ diskimages, providers: [] }, systemClock);
    const builder = await harness.start();
    await harness.until(() => harness.builds()[0] !== undefined);
    const id = harness.builds()[0]?.id ?? 'none';
    const readLog = () => readFile(join(harness.logDir, `debian-${id}.log`), 'utf8').catch(() => '');

    if (buildTimeoutSec === 600) {
      while (!(await readLog()).includes('hanging')) await systemClock.sleep(50);
      await builder.stop({ graceful: false });
    }
    await harness.until(() => harness.builds()[0]?.state === 'failed');

    expect(await readLog()).toContain(`nodepool: build failed: ${reason}; its processes were ended`);
    expect(await processesWith(join(harness.imagesDir, `debian-${id}`))).toEqual([]);
    expect(await filesOf(harness)).toEqual([]);
  });
});
