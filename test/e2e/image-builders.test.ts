import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { type Cluster, eventually, startCluster } from '../support/cluster.js';
import { checkout, type Daemon, startDaemon } from '../support/daemon.js';
import { cloudImages, filesByBuild, type ImageSeen, imageSeen, nodepool } from '../support/images.js';

const run = promisify(execFile);

let cluster: Cluster;
let daemons: Daemon[] = [];

afterEach(async () => {
  for (const daemon of daemons) daemon.kill('SIGKILL');
  await Promise.allSettled(daemons.map(({ exited }) => exited));
  daemons = [];
  await cluster[Symbol.asyncDispose]();
});

interface Place {
  readonly folder: string;
  readonly port: number;
  /** Of the builder whose configuration it is. */
  readonly builder: string;
  /** Names of the images that each provider lists. */
  readonly providers: Readonly<Record<string, readonly string[]>>;
  readonly images?: readonly string[];
}

function configuration({ folder, port, builder, providers, images = ['plain'] }: Place): string {
  const provider = ([name, listed]: readonly [string, readonly string[]]): string => `
  - name: ${name}
    driver: fake
    cloud: none
    fake: {state-dir: ${folder}/${name}}
    diskimages: [${listed.map((image) => `{name: ${image}}`).join()}]`;
  const of = Object.entries(providers);
  return `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 6.0
images-dir: ${folder}/images-${builder}
images-dir-min-free: 0
build-log-dir: ${folder}/logs-${builder}
diskimages:${images.map((name) => `\n  - {name: ${name}, dib-cmd: ${folder}/make-image}`).join('') || ' []'}
providers:${of.map(provider).join('') || ' []'}
`;
}

/** Writes one line when it begins, waits for the file `go`, and writes another. */
async function start(providers: Place['providers'], images: readonly string[] = ['plain']): Promise<void> {
  cluster = await startCluster((place) => configuration({ ...place, builder: 'a', providers, images }));
  const script = `#!/bin/sh
set -e
while [ "$1" != -o ]; do shift; done
echo "began $DIB_IMAGE_NAME"
while [ ! -e ${cluster.folder}/go ]; do sleep 0.1; done
for suffix in qcow2 qcow2.md5 qcow2.sha256; do echo ${'0'.repeat(64)} > "$2.$suffix"; done
echo "made $DIB_IMAGE_NAME"
`;
  await writeFile(join(cluster.folder, 'make-image'), script, { mode: 0o755 });
}

const letBuildsEnd = (): Promise<void> => writeFile(join(cluster.folder, 'go'), '');

const configFileOf = (builder: string): string => join(cluster.folder, `builder-${builder}.yaml`);

async function configure(builder: string, of: Pick<Place, 'providers' | 'images'>): Promise<void> {
  const { folder, zooKeeper } = cluster;
  await writeFile(configFileOf(builder), configuration({ folder, port: zooKeeper.port, builder, ...of }));
}

function startBuilder(builder: string): void {
  const { folder } = cluster;
  const args = ['-f', '-c', configFileOf(builder), '-p', join(folder, `${builder}.pid`)];
  daemons.push(startDaemon('nodepool-builder', args, join(folder, `builder-${builder}.log`)));
}

async function untilSeen(what: string, image: string, isSo: (seen: ImageSeen) => boolean): Promise<ImageSeen> {
  let seen: ImageSeen = { builds: [], uploads: [] };
  const look = async (): Promise<string | undefined> => {
    seen = await imageSeen(cluster.zk, image);
    return isSo(seen) ? undefined : JSON.stringify(seen);
  };
  await eventually(what, look, 180_000);
  return seen;
}

const ready = ({ uploads }: ImageSeen): number => uploads.filter(({ state }) => state === 'ready').length;

const imagesIn = async (provider: string): Promise<number> =>
  (await cloudImages(join(cluster.folder, provider))).length;

const buildsStarted = async (builder: string): Promise<number> =>
  (await readdir(join(cluster.folder, `logs-${builder}`)).catch(() => [])).length;

it('two builders make one build, and the operator follows its log wherever it is made', async () => {
  const of = { providers: { cloud: ['plain'] } };
  await start(of.providers);
  for (const builder of ['a', 'b']) {
    await configure(builder, of);
    startBuilder(builder);
  }
  const { builds } = await untilSeen('a build begins', 'plain', (seen) => seen.builds.length > 0);
  const name = `plain-${builds[0]?.id}`;
  // The configuration of one builder: the log is shown even if the other one has it.
  const follow = (builder: string): Promise<string> =>
    run(join(checkout, 'bin/nodepool'), ['-c', configFileOf(builder), 'image-log', name, '--follow'], {
      timeout: 180_000,
    }).then(({ stdout }) => stdout);
  await eventually(
    'the builder shows its logs',
    () =>
      nodepool(cluster, 'image-log', name).then(
        (text) => (text.includes('began plain') ? undefined : text),
        (error: unknown) => String(error),
      ),
    120_000,
  );

  const followed = Promise.all(['a', 'b'].map(follow));
  await letBuildsEnd();
  const logs = await followed;
  const seen = await untilSeen('the image is uploaded', 'plain', (now) => ready(now) === 1);

  expect(logs).toEqual(logs.map(() => 'began plain\nmade plain\nExit code: 0\n'));
  expect(seen.builds).toHaveLength(1);
  expect((await buildsStarted('a')) + (await buildsStarted('b'))).toBe(1);
  expect(await imagesIn('cloud')).toBe(1);
});

it('a provider goes in two steps, and an image with all that was made of it, whoever has made it', async () => {
  const both = { providers: { 'cloud-a': ['plain', 'other'], 'cloud-b': ['plain'] }, images: ['plain', 'other'] };
  await start(both.providers, both.images);
  await letBuildsEnd();
  for (const builder of ['a', 'b']) {
    await configure(builder, both);
    startBuilder(builder);
  }
  await untilSeen('one image is everywhere', 'plain', (seen) => ready(seen) === 2);
  await untilSeen('the other is in one cloud', 'other', (seen) => ready(seen) === 1);
  const reconfigure = async (of: Pick<Place, 'providers' | 'images'>): Promise<void> => {
    for (const builder of ['a', 'b']) await configure(builder, of);
  };

  await reconfigure({ ...both, providers: { ...both.providers, 'cloud-b': [] } });
  const emptied = await untilSeen('the provider is empty', 'plain', ({ uploads }) => uploads.length === 1);
  const inEmptied = await imagesIn('cloud-b');
  await reconfigure({ ...both, providers: { 'cloud-a': ['plain', 'other'] } });
  await reconfigure({ images: ['plain'], providers: { 'cloud-a': ['plain'] } });
  await untilSeen('the image has gone', 'other', ({ builds, uploads }) => builds.length + uploads.length === 0);
  const rest = await imageSeen(cluster.zk, 'plain');

  expect(emptied.uploads).toMatchObject([{ provider: 'cloud-a', state: 'ready' }]);
  expect(emptied.builds).toMatchObject([{ state: 'ready' }]);
  expect(inEmptied).toBe(0);
  expect(rest).toEqual(emptied);
  expect(await imagesIn('cloud-a')).toBe(1);
  const files = ['a', 'b'].map((builder) => filesByBuild(join(cluster.folder, `images-${builder}`)));
  const builds = (await Promise.all(files)).flatMap((of) => [...of.keys()]);
  expect(builds).toEqual([`plain-${rest.builds[0]?.id}`]);
});
