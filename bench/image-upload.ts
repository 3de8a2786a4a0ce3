// Measures an image upload against `openstack image create` of the same file, by turns: script/bench image-upload [--quick]
// Needs a running test cloud (script/testcloud start) or another one: OS_CLIENT_CONFIG_FILE and OS_CLOUD name it.
// Prints times, their ratio, how far the memory of this process grows, and how long its event loop was held up. Exit code
// 1 when the median is slower than 0.8 of the command's, or memory grows by more than 200 MiB.
import { execFile } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { type CallContext, type ImageStore, type Provider, tagKeys } from '@nodepool/driver-api';
import { openstack } from '@nodepool/driver-openstack';
import { silentLogger, systemClock, systemRandom } from '@nodepool/runtime';
import { median } from './raw-image.js';

const quick = process.argv.includes('--quick');
const imageMiB = quick ? 256 : 2048;
const rounds = quick ? 1 : 3;
const leastSpeed = 0.8;
const mostMemoryMiB = 200;
/** Where `openstack` and its modules are Debian's. */
const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

const execute = promisify(execFile);
const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };

interface Upload {
  readonly seconds: number;
  readonly grownMiB: number;
  readonly longestPauseMs: number;
}

async function openProvider(): Promise<Provider> {
  const cloud = process.env['OS_CLOUD'] ?? 'testcloud';
  const config = openstack.configSchema.parse({ name: 'bench', driver: 'openstack', cloud, rate: 0 });
  const make = await openstack.load();
  return make(config, { clock: systemClock, random: systemRandom, log: silentLogger });
}

/** A file that is one hole: the disk has no part in the measurement. */
async function makeImage(path: string): Promise<void> {
  await using file = await open(path, 'w');
  await file.truncate(imageMiB * 2 ** 20);
}

/** What a builder has in a file beside the image. */
async function md5Of(path: string): Promise<string> {
  const { stdout } = await execute('md5sum', [path]);
  return stdout.slice(0, 32);
}

async function uploadOurs(images: ImageStore, path: string, md5: string, round: number): Promise<Upload> {
  const idle = process.memoryUsage.rss();
  let most = idle;
  const sampler = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 50);
  const pauses = monitorEventLoopDelay({ resolution: 5 });
  pauses.enable();
  const startedMs = performance.now();
  const { externalId } = await images.upload(
    {
      imageName: 'bench',
      externalName: `bench-${round}`,
      path,
      format: 'raw',
      md5,
      sha256: undefined,
      meta: {
        [tagKeys.buildId]: `bench-${process.pid}-${round}`,
        [tagKeys.uploadId]: '0000000001',
        [tagKeys.providerName]: 'bench',
      },
      config: {
        name: 'bench',
        pause: false,
        meta: {},
        configDrive: undefined,
        connectionType: 'ssh',
        connectionPort: 22,
      },
    },
    ctx,
  );
  const seconds = (performance.now() - startedMs) / 1000;
  clearInterval(sampler);
  pauses.disable();
  await images.remove(externalId, ctx);
  return { seconds, grownMiB: (most - idle) / 2 ** 20, longestPauseMs: pauses.max / 1e6 };
}

async function uploadTheirs(path: string, round: number): Promise<number> {
  const env = { ...process.env, PATH: systemPath };
  const name = `bench-theirs-${process.pid}-${round}`;
  const create = ['image', 'create', '--disk-format', 'raw', '--file', path, '-f', 'value', '-c', 'id', name];
  const startedMs = performance.now();
  const { stdout } = await execute('openstack', create, { env });
  const seconds = (performance.now() - startedMs) / 1000;
  await execute('openstack', ['image', 'delete', stdout.trim()], { env });
  return seconds;
}

const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
const provider = await openProvider();
const { images } = provider;
try {
  if (images === undefined) throw new Error('the provider takes no images');
  const path = join(folder, 'bench.raw');
  await makeImage(path);
  const md5 = await md5Of(path);
  // Connections, token, code: what a builder has long since had.
  await images.list(ctx);
  console.log(`${imageMiB} MiB   ours s   MiB/s   theirs s   MiB/s   speed   memory MiB   longest pause ms`);
  const speeds: number[] = [];
  let mostMiB = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const ours = await uploadOurs(images, path, md5, round);
    const theirs = await uploadTheirs(path, round);
    speeds.push(theirs / ours.seconds);
    mostMiB = Math.max(mostMiB, ours.grownMiB);
    const cells = [
      ours.seconds.toFixed(1).padStart(17),
      (imageMiB / ours.seconds).toFixed(0).padStart(8),
      theirs.toFixed(1).padStart(11),
      (imageMiB / theirs).toFixed(0).padStart(8),
      (theirs / ours.seconds).toFixed(2).padStart(8),
      ours.grownMiB.toFixed(0).padStart(13),
      ours.longestPauseMs.toFixed(0).padStart(19),
    ];
    console.log(cells.join(''));
  }
  const speed = median(speeds);
  console.log(
    `median speed ${speed.toFixed(2)} of openstack image create, memory ${mostMiB.toFixed(0)} MiB above idle`,
  );
  if (speed < leastSpeed || mostMiB > mostMemoryMiB) process.exitCode = 1;
} finally {
  await provider.close?.();
  await rm(folder, { recursive: true, force: true });
}
