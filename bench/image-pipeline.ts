// Measures raw to qcow2, vhd and checksums: ours, everything at the same time, against the steps of disk-image-create,
// one after the other: script/bench image-pipeline [GiB of data] [GiB of disk] [zlib|zstd|none]
// Where there is no vhd-util, one conversion by qemu-img stands for its two. Like them it stores every block, zeros too;
// the real ones take longer.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { convertBuild } from '@nodepool/builder';
import { mebibytesOnDisk, run, timed, writeSampleImage } from './raw-image.js';

type Compression = 'zlib' | 'zstd' | 'none';

const qcow2Flags: Readonly<Record<Compression, readonly string[]>> = {
  zlib: ['-c', '-o', 'compat=0.10'],
  zstd: ['-c', '-o', 'compat=1.1,compression_type=zstd'],
  none: ['-o', 'compat=0.10'],
};

async function checksums(path: string): Promise<void> {
  await Promise.all([
    run('sh', ['-c', 'md5sum "$0" > "$0.md5"', path]),
    run('sh', ['-c', 'sha256sum "$0" > "$0.sha256"', path]),
  ]);
}

/** What disk-image-create runs for `-t qcow2,vhd --checksum` once the raw image is there. */
async function theirSteps(base: string, compression: Compression, hasVhdUtil: boolean): Promise<void> {
  await run('qemu-img', [
    'convert',
    '-f',
    'raw',
    '-O',
    'qcow2',
    ...qcow2Flags[compression],
    `${base}.raw`,
    `${base}.qcow2`,
  ]);
  await checksums(`${base}.qcow2`);
  const between = `${base}-intermediate`;
  await run('cp', [`${base}.raw`, between]);
  if (hasVhdUtil) {
    await run('vhd-util', ['convert', '-s', '0', '-t', '1', '-i', between, '-o', between]);
    await run('vhd-util', ['convert', '-s', '1', '-t', '2', '-i', between, '-o', `${base}.vhd`]);
  } else await run('qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', '-S', '0', between, `${base}.vhd`]);
  await checksums(`${base}.vhd`);
}

async function ourSteps(base: string, qcow2Compression: Compression): Promise<void> {
  const plan = {
    commandFormats: ['raw'],
    commandChecksums: false,
    ownFormats: ['qcow2', 'vhd'],
    vhdSubformat: 'dynamic',
    removeRaw: true,
  } as const;
  const signal = new AbortController().signal;
  const runQemuImg = async (args: readonly string[]) => {
    await run('qemu-img', [...args]);
    return { kind: 'exited', code: 0, survivors: [] } as const;
  };
  await convertBuild(
    { plan, base, qcow2Compression, runQemuImg, onProgress: () => undefined, onMade: () => undefined },
    signal,
  );
}

const dataGiB = Number(process.argv[2] ?? 2);
const diskGiB = Number(process.argv[3] ?? 10);
const compression = (process.argv[4] ?? 'zlib') as Compression;
const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
const base = join(folder, 'sample');
const hasVhdUtil = await run('vhd-util', ['help']).then(
  ({ stdout }) => stdout.includes('convert'),
  () => false,
);
try {
  await writeSampleImage(`${base}.raw`, diskGiB * 2 ** 30, dataGiB * 2 ** 30);
  const theirMs = await timed(() => theirSteps(base, compression, hasVhdUtil));
  const [qcow2MiB, vhdMiB] = [await mebibytesOnDisk(`${base}.qcow2`), await mebibytesOnDisk(`${base}.vhd`)];
  const ourMs = await timed(() => ourSteps(base, compression));
  const ownVhdMiB = await mebibytesOnDisk(`${base}.vhd`);
  const sizes = `qcow2 ${qcow2MiB.toFixed(0)} MiB, vhd ${vhdMiB.toFixed(0)} and ${ownVhdMiB.toFixed(0)} MiB`;
  console.log(
    `${dataGiB} GiB of data in ${diskGiB} GiB, qcow2 with ${compression} (${sizes}), ${availableParallelism()} processors`,
  );
  console.log(
    `disk-image-create's steps${hasVhdUtil ? '' : ' (qemu-img for vhd-util)'}: ${(theirMs / 1000).toFixed(1)} s`,
  );
  console.log(`all at the same time: ${(ourMs / 1000).toFixed(1)} s, ratio ${(ourMs / theirMs).toFixed(2)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
