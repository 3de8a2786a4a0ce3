import { readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '@nodepool/runtime/testing';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { afterEach, expect, it } from 'vitest';
import { type Cluster, eventually, nodeRecords, startCluster } from '../support/cluster.js';
import { startDaemon } from '../support/daemon.js';
import { writeFakeImageCreate } from '../support/image-create.js';
import { buildInUse, cloudImages, filesByBuild, type ImageSeen, imageSeen, nodepool } from '../support/images.js';
import { serveOne } from '../support/zuul.js';

const seed = Number(process.env['IMAGES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const kills = Number(process.env['IMAGES_KILLS'] ?? 30);
const providers = ['cloud-a', 'cloud-b'];

let cluster: Cluster;
/** Of a test that needs a session of its own. */
let zk: ZooKeeper | undefined;

afterEach(async () => {
  await zk?.close();
  zk = undefined;
  await cluster[Symbol.asyncDispose]();
});

interface Settings {
  readonly folder: string;
  readonly port: number;
  readonly rebuildAgeSec?: number;
  readonly dibCmd?: string;
}

function configuration({ folder, port, rebuildAgeSec = 86_400, dibCmd }: Settings): string {
  const provider = (name: string): string => `
  - name: ${name}
    driver: fake
    cloud: none
    fake:
      state-dir: ${folder}/${name}
      upload-ms: {min: 0, max: 400}
      boot-ms: {min: 0, max: 300}
      delete-ms: {min: 0, max: 200}
    diskimages: [{name: plain}]
    pools:
      - name: main
        max-servers: 5
        labels: [{name: small, diskimage: plain, flavor-name: any}]`;
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
images-dir: ${folder}/images
build-log-dir: ${folder}/build-logs
labels: [{name: small, min-ready: 0}]
diskimages:
  - name: plain
    dib-cmd: ${dibCmd ?? `${folder}/fake-image-create`}
    rebuild-age: ${rebuildAgeSec}
    validate: {timeout: 30}
providers:${providers.map(provider).join('')}
`;
}

async function start(settings: Partial<Settings> = {}): Promise<void> {
  cluster = await startCluster((place) => configuration({ ...place, ...settings }));
  await writeFakeImageCreate(cluster.folder);
}

const reconfigure = (settings: Partial<Settings>): Promise<void> =>
  cluster.configure(configuration({ folder: cluster.folder, port: cluster.zooKeeper.port, ...settings }));

const untilInUse = (timeoutMs = 180_000): Promise<void> =>
  eventually(
    'an image is in use everywhere',
    async () => {
      const seen = await imageSeen(cluster.zk, 'plain');
      return providers.every((provider) => buildInUse(seen, provider) !== undefined) ? undefined : JSON.stringify(seen);
    },
    timeoutMs,
  );

async function cloudInstances(provider: string): Promise<number> {
  const folder = join(cluster.folder, provider, 'instances');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  return names.filter((name) => !(Number(name.split('.').at(-2)) <= Date.now())).length;
}

/** Words for what of tree, files and clouds does not agree, or undefined. */
async function disagreement(): Promise<string | undefined> {
  const { builds, uploads } = await imageSeen(cluster.zk, 'plain');
  const unsettled = [...builds, ...uploads].filter(({ state }) => state !== 'ready' && state !== 'failed');
  if (unsettled.length > 0) return `still under way: ${JSON.stringify(unsettled)}`;
  const ready = builds.filter(({ state }) => state === 'ready').map(({ id }) => `plain-${id}`);
  const files = [...(await filesByBuild(join(cluster.folder, 'images'))).keys()];
  if (files.sort().join() !== ready.sort().join()) return `files of ${files.join()}, builds ${ready.join()}`;
  const running = await readdir(join(cluster.folder, 'images', '.running')).catch(() => []);
  if (running.length > 0) return `commands noted as running: ${running.join()}`;
  for (const provider of providers) {
    const own = uploads.filter((upload) => upload.provider === provider && upload.state === 'ready');
    const recorded = own.map(({ externalId }) => externalId).sort();
    const inCloud = await cloudImages(join(cluster.folder, provider));
    if (recorded.join() !== inCloud.join()) return `${provider} has ${inCloud.join()}, records say ${recorded.join()}`;
    if ((await cloudInstances(provider)) > 0) return `${provider} has a machine of the gate left`;
  }
  const nodes = await nodeRecords(cluster.zk);
  return nodes.size > 0 ? `nodes are left: ${[...nodes.keys()].join()}` : undefined;
}

/** The newest two of what is ready, by the order that retention goes by. */
function newestTwo({ builds }: ImageSeen): ImageSeen['builds'] {
  return builds
    .filter(({ state }) => state === 'ready')
    .sort((left, right) => right.timeSec - left.timeSec)
    .slice(0, 2);
}

/** What was among the two newest before, and is gone although no two newer ones are ready now. */
function losses(before: ImageSeen, now: ImageSeen, ordered: ReadonlySet<string>): readonly string[] {
  const isReady = (id: string): boolean => now.builds.some((build) => build.id === id && build.state === 'ready');
  const lost = newestTwo(before).filter(({ id, timeSec }) => {
    const outdone = newestTwo(now).filter((build) => build.timeSec > timeSec).length === 2;
    return !isReady(id) && !ordered.has(id) && !outdone;
  });
  return lost.map(({ id }) => id);
}

it(`converges when the builder is killed ${kills} times at random`, async () => {
  await start({ rebuildAgeSec: 2 });
  const random = seededRandom(seed);
  cluster.start('nodepool-launcher');
  let builder = cluster.start('nodepool-builder');
  await untilInUse();
  const ordered = new Set<string>();
  const lost: string[] = [];
  let before = await imageSeen(cluster.zk, 'plain');
  for (let kill = 0; kill < kills; kill += 1) {
    const untilKill = performance.now() + 100 + random.next() * 1_600;
    if (kill % 5 === 4) {
      const victim = before.builds.filter(({ state }) => state === 'ready').at(-1)?.id;
      if (victim !== undefined) {
        ordered.add(victim);
        await nodepool(cluster, 'dib-image-delete', `plain-${victim}`);
      }
    }
    while (performance.now() < untilKill) {
      const now = await imageSeen(cluster.zk, 'plain');
      lost.push(...losses(before, now, ordered));
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    builder.kill('SIGKILL');
    await builder.exited;
    builder = cluster.start('nodepool-builder');
  }
  await reconfigure({ rebuildAgeSec: 86_400 });
  await untilInUse();
  await eventually('everything agrees', disagreement, 300_000);

  expect(lost, `seed ${seed}`).toEqual([]);
  const { builds } = await imageSeen(cluster.zk, 'plain');
  expect(builds.filter(({ state }) => state === 'ready').length, `seed ${seed}`).toBeGreaterThanOrEqual(1);
});

it('gives its locks back at SIGTERM, with the processes of the build ended', async () => {
  await start();
  const script = join(cluster.folder, 'hang');
  await writeFile(script, `#!/bin/sh\ntouch ${cluster.folder}/begun\nexec sleep 600\n`, { mode: 0o755 });
  await reconfigure({ dibCmd: script });
  const builder = cluster.start('nodepool-builder');
  const begun = join(cluster.folder, 'begun');
  await eventually(
    'the build runs',
    () =>
      stat(begun).then(
        () => undefined,
        () => 'not yet',
      ),
    120_000,
  );
  const lock = '/nodepool/images/plain/builds/lock';
  const held = (await cluster.zk.children(lock)).children.length;

  builder.kill('SIGTERM');
  const exit = await builder.exited;
  const left = (await cluster.zk.children(lock)).children.length;

  expect([held, exit, left]).toEqual([1, 'SIGTERM', 0]);
});

it('comes back from an export when ZooKeeper has lost everything, with the launcher at work', async () => {
  await start();
  const builder = cluster.start('nodepool-builder');
  cluster.start('nodepool-launcher');
  await untilInUse();
  const file = join(cluster.folder, 'images.json');
  await nodepool(cluster, 'export-image-data', file);
  const before = await imageSeen(cluster.zk, 'plain');
  await builder.stop();

  await cluster.zooKeeper.kill();
  await rm(join(cluster.zooKeeper.dataDir, 'version-2'), { recursive: true });
  await cluster.zooKeeper.start();
  zk = connect({ servers: cluster.zooKeeper.connectString, sessionTimeoutMs: 60_000 });
  await zk.connected(AbortSignal.timeout(20_000));
  for (const path of ['/nodepool/nodes', '/nodepool/requests']) await zk.ensurePath(path);
  await nodepool(cluster, 'import-image-data', file);
  const session = zk;
  const served = await serveOne(zk, seededRandom(1), ['small'], { signal: AbortSignal.timeout(120_000) });
  const again = startDaemon('nodepool-builder', ['-f', '-c', cluster.configFile], join(cluster.folder, 'again.log'));
  await nodepool(cluster, 'image-build', 'plain');
  await eventually(
    'the next build is uploaded under new numbers',
    async () => {
      const { uploads } = await imageSeen(session, 'plain');
      return uploads.filter(({ state }) => state === 'ready').length === 4 ? undefined : JSON.stringify(uploads);
    },
    180_000,
  );
  await again.stop();

  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(served).toMatchObject({ state: 'fulfilled', problems: [] });
  const after = await imageSeen(session, 'plain');
  for (const upload of before.uploads) expect(after.uploads).toContainEqual(upload);
});
