// Measures raw to dynamic VHD against qemu-img, each as a whole process: script/bench vhd [ROUNDS]
// A sparse image of 10 GiB with 2 GiB of data; the file is in the page cache, and neither waits for the disk in the end.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { convertRawToVhd } from '@nodepool/vhd';
import { median, run, timed, writeSampleImage } from './raw-image.js';

const dataBytes = 2 * 2 ** 30;
const self = fileURLToPath(import.meta.url);

interface Measured {
  readonly ms: number;
  readonly rssMiB: number;
  /** The longest time for which the event loop of the process stood still. */
  readonly stallMs: number;
}

/** One conversion in a process of its own, so that memory is that of the conversion. */
async function convertAlone(source: string, target: string, hashes: readonly string[]): Promise<void> {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  await convertRawToVhd({ source, target, subformat: 'dynamic', hashes, durable: false });
  console.log(JSON.stringify({ rssMiB: process.resourceUsage().maxRSS / 1024, stallMs: delay.max / 1e6 }));
}

async function ours(source: string, target: string, hashes: readonly string[] = []): Promise<Measured> {
  let printed = '';
  const ms = await timed(async () => {
    ({ stdout: printed } = await run(process.execPath, [self, '--convert', source, target, ...hashes]));
  });
  await rm(target);
  return { ms, ...(JSON.parse(printed) as Omit<Measured, 'ms'>) };
}

async function theirs(source: string, target: string, checksums: boolean): Promise<number> {
  const ms = await timed(async () => {
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', source, target]);
    if (checksums) await Promise.all([run('md5sum', [target]), run('sha256sum', [target])]);
  });
  await rm(target);
  return ms;
}

function report(name: string, own: readonly Measured[], other: readonly number[]): void {
  const rate = (ms: number): string => (dataBytes / 2 ** 20 / (ms / 1000)).toFixed(0);
  // The best of each: what else goes on on the machine only ever slows down.
  const [ownMs, otherMs] = [Math.min(...own.map(({ ms }) => ms)), Math.min(...other)];
  const medians = median(other) / median(own.map(({ ms }) => ms));
  const rss = Math.max(...own.map(({ rssMiB }) => rssMiB)).toFixed(0);
  const stall = Math.max(...own.map(({ stallMs }) => stallMs)).toFixed(0);
  const rates = `ours ${rate(ownMs)} MiB/s, qemu-img ${rate(otherMs)} MiB/s, ratio ${(otherMs / ownMs).toFixed(2)} (of medians ${medians.toFixed(2)})`;
  console.log(`${name.padEnd(15)} ${rates}, peak RSS ${rss} MiB, event loop still for ${stall} ms at most`);
}

async function compare(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
  const [source, target] = [join(folder, 'sample.raw'), join(folder, 'sample.vhd')];
  try {
    await writeSampleImage(source, 10 * 2 ** 30, dataBytes);
    await theirs(source, target, false);
    for (const hashes of [[], ['md5', 'sha256']]) {
      const own: Measured[] = [];
      const other: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        own.push(await ours(source, target, hashes));
        other.push(await theirs(source, target, hashes.length > 0));
      }
      report(hashes.length > 0 ? 'with checksums' : 'conversion', own, other);
    }
    await convertRawToVhd({ source, target, subformat: 'dynamic' });
    const images = [`driver=vpc,file.filename=${target}`, `driver=raw,file.filename=${source}`];
    console.log((await run('qemu-img', ['compare', '--image-opts', ...images])).stdout.trim());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--convert') await convertAlone(rest[0] ?? '', rest[1] ?? '', rest.slice(2));
else await compare(Number(first ?? 5));
