// Measures builders on the fake cloud: script/bench builder [--quick]
// 50 images, 8 providers, 4 builders: time until everything is uploaded, requests to ZooKeeper for each upload (those of
// the builds included), and what an idle builder costs. Prints a table.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper } from '@nodepool/zookeeper/testing';
import { type Daemon, startDaemon } from '../test/support/daemon.js';
import { requestsReceived, usage } from './measure.js';

const quick = process.argv.includes('--quick');
const images = quick ? 10 : 50;
const providers = quick ? 4 : 8;
const builders = 4;
const idleSec = quick ? 10 : 60;

const patienceMs = 600_000;

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => place);

function configuration(folder: string, builder: number, port: number): string {
  const entries = numbers(images).map((image) => `{name: image-${image}}`);
  const diskimage = (image: number): string => `  - {name: image-${image}, dib-cmd: ${folder}/make-image}`;
  const provider = (number: number): string =>
    `  - {name: cloud-${number}, driver: fake, cloud: none, fake: {state-dir: ${folder}/cloud-${number}}, diskimages: [${entries.join()}]}`;
  return [
    `zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]`,
    `images-dir: ${folder}/images-${builder}`,
    `build-log-dir: ${folder}/logs-${builder}`,
    'diskimages:',
    ...numbers(images).map(diskimage),
    'providers:',
    ...numbers(providers).map(provider),
    '',
  ].join('\n');
}

const makeImage = `#!/bin/sh
while [ "$1" != -o ]; do shift; done
for suffix in qcow2 qcow2.md5 qcow2.sha256; do echo ${'0'.repeat(64)} > "$2.$suffix"; done
`;

/** Uploads that say they are ready. */
async function readyUploads(zk: ZooKeeper): Promise<number> {
  const children = async (path: string): Promise<readonly string[]> => {
    const listed = await zk.children(path).catch(() => undefined);
    return (listed?.children ?? []).filter((name) => name !== 'lock').map((name) => `${path}/${name}`);
  };
  const below = async (paths: readonly string[], name = ''): Promise<readonly string[]> =>
    (await Promise.all(paths.map((path) => children(`${path}${name}`)))).flat();
  const builds = await below(await children('/nodepool/images'), '/builds');
  const uploads = await below(await below(builds, '/providers'), '/images');
  const records = await Promise.all(uploads.map((path) => zk.get(path).catch(() => undefined)));
  return records.filter((record) => record?.data.includes('"state":"ready"') === true).length;
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-bench-'));
  const server = await startZooKeeper({ dataDir: join(folder, 'zookeeper'), heapMiB: 512, optimise: true });
  const zk = connect({ servers: server.connectString, sessionTimeoutMs: 60_000 });
  const daemons: Daemon[] = [];
  try {
    await writeFile(join(folder, 'make-image'), makeImage, { mode: 0o755 });
    await zk.connected();
    const startedMs = performance.now();
    for (const builder of numbers(builders)) {
      const file = join(folder, `builder-${builder}.yaml`);
      await writeFile(file, configuration(folder, builder, server.port));
      const args = ['-f', '-c', file, '--build-workers', '4', '--upload-workers', '8'];
      daemons.push(startDaemon('nodepool-builder', args, join(folder, `builder-${builder}.log`)));
    }
    const wanted = images * providers;
    while ((await readyUploads(zk)) < wanted) {
      if (performance.now() - startedMs > patienceMs) throw new Error(`not all uploads were made`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    const seconds = (performance.now() - startedMs) / 1000;
    const requests = await requestsReceived(server.port, [zk.sessionId]);
    // What was told to the history and the status of builders still arrives.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const idleFrom = daemons.map(({ pid }) => usage(pid).cpuSec);
    await new Promise((resolve) => setTimeout(resolve, idleSec * 1_000));
    const idle = daemons.map(({ pid }, place) => usage(pid).cpuSec - (idleFrom[place] ?? 0));
    const share = (100 * Math.max(...idle)) / idleSec;
    const row = [images, providers, builders, seconds.toFixed(1), (requests / wanted).toFixed(1), share.toFixed(2)];
    process.stdout.write(
      '| images | providers | builders | s until all are uploaded | requests per upload | idle, % of a core |\n',
    );
    process.stdout.write(`|---|---|---|---|---|---|\n| ${row.join(' | ')} |\n`);
  } finally {
    for (const daemon of daemons) daemon.kill('SIGKILL');
    await Promise.allSettled(daemons.map(({ exited }) => exited));
    await zk.close();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main();
