import { execFile } from 'node:child_process';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isZooKeeperError, type ZooKeeper } from '@nodepool/zookeeper';
import type { Cluster } from './cluster.js';
import { checkout } from './daemon.js';

const run = promisify(execFile);

/** An upload record as it is stored, with what its path says. */
export interface UploadSeen {
  readonly buildId: string;
  readonly provider: string;
  readonly id: string;
  readonly state: string;
  readonly timeSec: number;
  readonly externalId: string | null;
  readonly reason: string | null;
}

export interface BuildSeen {
  readonly id: string;
  readonly state: string;
  readonly timeSec: number;
}

export interface ImageSeen {
  readonly builds: readonly BuildSeen[];
  readonly uploads: readonly UploadSeen[];
}

/** Everything that the tree holds of an image. */
export async function imageSeen(zk: ZooKeeper, image: string): Promise<ImageSeen> {
  const at = `/nodepool/images/${image}/builds`;
  const ids = await names(zk, at);
  const builds: BuildSeen[] = [];
  const uploads: UploadSeen[] = [];
  for (const id of ids) {
    const build = await record(zk, `${at}/${id}`);
    if (build !== undefined) builds.push({ id, state: String(build['state']), timeSec: Number(build['state_time']) });
    for (const provider of await names(zk, `${at}/${id}/providers`)) {
      for (const upload of await names(zk, `${at}/${id}/providers/${provider}/images`)) {
        const found = await record(zk, `${at}/${id}/providers/${provider}/images/${upload}`);
        if (found !== undefined) uploads.push(uploadSeen(id, provider, upload, found));
      }
    }
  }
  return { builds, uploads };
}

function uploadSeen(buildId: string, provider: string, id: string, found: Record<string, unknown>): UploadSeen {
  return {
    buildId,
    provider,
    id,
    state: String(found['state']),
    timeSec: Number(found['state_time']),
    externalId: typeof found['external_id'] === 'string' ? found['external_id'] : null,
    reason: typeof found['failure_reason'] === 'string' ? found['failure_reason'] : null,
  };
}

/** Id of the build that launches use in a provider: that of the newest ready upload. */
export function buildInUse({ uploads }: ImageSeen, provider: string): string | undefined {
  const ready = uploads.filter((upload) => upload.provider === provider && upload.state === 'ready');
  return ready.sort((left, right) => right.timeSec - left.timeSec)[0]?.buildId;
}

/** Runs the operator's command; rejects unless it exits with 0. */
export async function nodepool(cluster: Cluster, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(join(checkout, 'bin/nodepool'), ['-c', cluster.configFile, ...args], {
    timeout: 60_000,
  });
  return stdout;
}

/** Files of builds in a folder, by build. */
export async function filesByBuild(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = (await readdir(folder).catch(() => [])).filter((name) => /-[0-9a-f]{32}\./.test(name));
  return Map.groupBy(files, (name) => name.slice(0, name.indexOf('.')));
}

/** Ids of the images in the directory of a fake cloud; without those whose time has come. */
export async function cloudImages(folder: string): Promise<readonly string[]> {
  const files = (await readdir(join(folder, 'images')).catch(() => [])).filter((name) => name.endsWith('.json'));
  const alive = files.filter((name) => !(Number(name.split('.').at(-2)) <= Date.now()));
  return alive.map((name) => name.split('.')[0] ?? '').sort();
}

/**
 * Stands in for disk-image-create: gives a copy of an image that is there, or one that nothing can boot when called with
 * `bad` before the other arguments.
 */
export async function writeCopyingImageCreate(folder: string, image: string): Promise<string> {
  const file = join(folder, 'copy-image');
  await writeFile(
    file,
    `#!/bin/sh
set -e
bad=
[ "$1" != bad ] || bad=yes
while [ "$1" != -o ]; do shift; done
cp '${image}' "$2.qcow2"
[ -z "$bad" ] || qemu-io -c 'write -z 0 512' "$2.qcow2"
(cd "$(dirname "$2")"; for sum in md5 sha256; do "\${sum}sum" "$(basename "$2").qcow2" > "$2.qcow2.$sum"; done)
mkdir "$2.d"
`,
  );
  await chmod(file, 0o755);
  return file;
}

async function names(zk: ZooKeeper, path: string): Promise<readonly string[]> {
  try {
    return (await zk.children(path)).children.filter((name) => name !== 'lock').sort();
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return [];
    throw error;
  }
}

async function record(zk: ZooKeeper, path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const { data } = await zk.get(path);
    return JSON.parse(data.toString()) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof SyntaxError || isZooKeeperError(error, 'ZK_NO_NODE')) return undefined;
    throw error;
  }
}
