import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { type Cluster, eventually, nodeRecords, startCluster } from '../support/cluster.js';
import { checkout } from '../support/daemon.js';
import { buildInUse, type ImageSeen, imageSeen, nodepool, writeCopyingImageCreate } from '../support/images.js';
import { endMachines } from '../support/machines.js';
import { createRequest } from '../support/zuul.js';

const run = promisify(execFile);
const provider = 'this-machine';
/** How long the build before may take to be current, command included. 5000 holds on a machine with nothing else to do. */
const switchLimitMs = Number(process.env['IMAGES_SWITCH_MS'] ?? 60_000);

let image: string;
let cluster: Cluster;

beforeAll(async () => {
  const { stdout } = await run(join(checkout, 'test/images/build-mini-image.sh'), { timeout: 300_000 });
  image = `${stdout.trim()}.qcow2`;
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  await endMachines(join(cluster.folder, 'machines'));
});

interface Day {
  readonly folder: string;
  readonly port: number;
  /** Line of the diskimage. */
  readonly diskimage: string;
}

function configuration({ folder, port, diskimage }: Day): string {
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 6.0
images-dir: ${folder}/images
build-log-dir: ${folder}/build-logs
labels: [{name: mini}]
diskimages:
  - name: mini
    ${diskimage}
providers:
  - name: ${provider}
    driver: qemu
    state-dir: ${folder}/machines
    authorized-keys: ${folder}/key.pub
    restrict-network: true
    boot-timeout: 240
    diskimages: [{name: mini}]
    pools:
      - name: main
        max-servers: 1
        labels: [{name: mini, diskimage: mini, memory: 128}]
`;
}

const good = (folder: string, more = ''): string => `dib-cmd: ${folder}/copy-image good${more}`;
const bad = (folder: string, more = ''): string => `dib-cmd: ${folder}/copy-image bad${more}`;

async function start(more = ''): Promise<void> {
  cluster = await startCluster((place) => configuration({ ...place, diskimage: good(place.folder, more) }));
  await writeCopyingImageCreate(cluster.folder, image);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(cluster.folder, 'key')]);
  cluster.start('nodepool-builder');
}

const reconfigure = (diskimage: string): Promise<void> =>
  cluster.configure(configuration({ folder: cluster.folder, port: cluster.zooKeeper.port, diskimage }));

async function untilSeen(what: string, isSo: (seen: ImageSeen) => boolean, timeoutMs: number): Promise<ImageSeen> {
  let seen: ImageSeen = { builds: [], uploads: [] };
  const look = async (): Promise<string | undefined> => {
    seen = await imageSeen(cluster.zk, 'mini');
    return isSo(seen) ? undefined : JSON.stringify(seen);
  };
  await eventually(what, look, timeoutMs);
  return seen;
}

const readyUploads = ({ uploads }: ImageSeen): number => uploads.filter(({ state }) => state === 'ready').length;

/** Asks for a machine and returns the upload that it was made from, once it is ready. */
async function nextMachine(): Promise<string> {
  await createRequest(cluster.zk, ['mini']);
  let from = '';
  await eventually(
    'a machine is ready',
    async () => {
      const records = [...(await nodeRecords(cluster.zk)).values()];
      const ready = records.find(({ state }) => state === 'ready');
      from = String(ready?.['image_id'] ?? '');
      return ready === undefined ? JSON.stringify(records.map(({ state }) => state)) : undefined;
    },
    240_000,
  );
  return from;
}

it('without a gate: pause, delete the bad build, and the one before is used for the next machine', async () => {
  await start();
  const [first] = (await untilSeen('build 1 is uploaded', (seen) => readyUploads(seen) === 1, 180_000)).builds;
  await nodepool(cluster, 'image-build', 'mini');
  const both = await untilSeen('build 2 is uploaded', (seen) => readyUploads(seen) === 2, 180_000);
  const second = both.builds.find(({ id }) => id !== first?.id);
  expect(buildInUse(both, provider)).toBe(second?.id);

  await reconfigure(`${good(cluster.folder)}\n    paused: True`);
  const began = performance.now();
  await nodepool(cluster, 'dib-image-delete', `mini-${second?.id}`);
  let filesWentFirst = false;
  const file = join(cluster.folder, 'images', `mini-${second?.id}.qcow2`);
  await untilSeen('build 1 is current', (seen) => buildInUse(seen, provider) === first?.id, switchLimitMs);
  const switchMs = performance.now() - began;
  await untilSeen(
    'build 2 is gone',
    (seen) => {
      const hasUpload = seen.uploads.some(({ buildId }) => buildId === second?.id);
      filesWentFirst ||= hasUpload && !existsSync(file);
      return !seen.builds.some(({ id }) => id === second?.id);
    },
    180_000,
  );
  cluster.start('nodepool-launcher');
  const from = await nextMachine();
  await reconfigure(good(cluster.folder));
  await nodepool(cluster, 'image-build', 'mini');
  const after = await untilSeen('build 3 is uploaded', (seen) => readyUploads(seen) === 2, 180_000);

  expect(switchMs).toBeLessThan(switchLimitMs);
  expect(filesWentFirst).toBe(false);
  expect(existsSync(file)).toBe(false);
  expect(from).toContain(`/builds/${first?.id}/`);
  expect(after.builds.map(({ id }) => id)).toContain(first?.id);
});

it('with a gate: an image that does not boot is never used, and nobody has to do anything', async () => {
  const gate = (timeoutSec: number): string =>
    `\n    validate: {attempts: 1, timeout: ${timeoutSec}, command: 'test -d /etc', ssh-key: ${cluster.folder}/key}`;
  await start();
  await reconfigure(good(cluster.folder, gate(240)));
  const [first] = (await untilSeen('build 1 is uploaded', (seen) => readyUploads(seen) === 1, 300_000)).builds;
  await reconfigure(bad(cluster.folder, gate(15)));
  await nodepool(cluster, 'image-build', 'mini');
  const seen = await untilSeen(
    'build 2 is refused',
    ({ uploads }) => uploads.some(({ state }) => state === 'failed'),
    300_000,
  );
  const history = await nodepool(cluster, 'image-history', 'mini', '--format', 'json');
  const detail = await nodepool(cluster, 'image-list', '--detail', '--format', 'json');

  const refused = seen.uploads.find(({ state }) => state === 'failed');
  expect(buildInUse(seen, provider)).toBe(first?.id);
  expect(refused?.buildId).not.toBe(first?.id);
  expect(refused?.reason).toBe('the machine did not answer within 15 s (attempts: 1)');
  expect(detail).toContain('the machine did not answer within 15 s');
  const kinds = (JSON.parse(history) as { event: string; build_id: string }[]).map(
    ({ event, build_id: build }) => `${event} ${build === first?.id ? 1 : 2}`,
  );
  expect(kinds).toEqual(
    expect.arrayContaining(['gate-passed 1', 'upload-ready 1', 'gate-refused 2', 'upload-failed 2']),
  );
  expect(kinds).not.toContain('upload-ready 2');
  await eventually(
    'no machine of the gate is left',
    async () => {
      const nodes = await nodeRecords(cluster.zk);
      return nodes.size === 0 ? undefined : JSON.stringify([...nodes]);
    },
    180_000,
  );
});
