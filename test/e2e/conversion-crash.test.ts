import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, eventually, startCluster } from '../support/cluster.js';

const kills = 3;

let cluster: Cluster;

beforeEach(async () => {
  cluster = await startCluster(
    ({ folder, port }) => `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
zookeeper-timeout: 4.0
images-dir: ${folder}/images
images-dir-min-free: 0
build-log-dir: ${folder}/logs
diskimages: [{name: plain, dib-cmd: ${folder}/make-raw, conversion: nodepool, formats: [qcow2, vhd]}]
`,
  );
  // Bytes that do not compress keep qemu-img busy for a while.
  const script = '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nhead -c 64M /dev/urandom > "$2.raw"\nmkdir "$2.d"\n';
  await writeFile(join(cluster.folder, 'make-raw'), script);
  await chmod(join(cluster.folder, 'make-raw'), 0o755);
  await mkdir(join(cluster.folder, 'images'), { recursive: true });
});

afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
});

async function logsThatSay(text: string): Promise<number> {
  const logDir = join(cluster.folder, 'logs');
  const names = await readdir(logDir).catch(() => []);
  const logs = await Promise.all(names.map((name) => readFile(join(logDir, name), 'utf8').catch(() => '')));
  return logs.filter((log) => log.includes(text)).length;
}

function untilLogs(text: string, count: number): Promise<void> {
  return eventually(
    `${count} builds that say "${text}"`,
    async () => {
      const found = await logsThatSay(text);
      return found >= count ? undefined : `${found} do: ${(await cluster.log('nodepool-builder')).slice(-500)}`;
    },
    180_000,
  );
}

/** Builds by state, as their records tell. */
async function buildStates(): Promise<readonly string[]> {
  const { children } = await cluster.zk.children('/nodepool/images/plain/builds');
  const ids = children.filter((name) => name !== 'lock');
  const records = await Promise.all(ids.map((id) => cluster.zk.get(`/nodepool/images/plain/builds/${id}`)));
  return records.map(({ data }) => (JSON.parse(data.toString()) as { state: string }).state);
}

/** What belongs to builds in images-dir, without their names. */
async function endings(): Promise<readonly string[]> {
  const names = await readdir(join(cluster.folder, 'images'));
  return names.filter((name) => name.startsWith('plain-')).map((name) => name.replace(/^plain-[0-9a-f]+\./, ''));
}

async function processesAt(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return lines.filter((line) => line.startsWith('qemu-img') && line.includes(text));
}

describe('a builder', () => {
  it('that is killed while it converts leaves nothing in the end: no file, no process, no record', async () => {
    const random = seededRandom(5);
    for (let kill = 1; kill <= kills; kill += 1) {
      const builder = cluster.start('nodepool-builder');
      await untilLogs('nodepool: making qcow2', kill);
      await new Promise((resolve) => setTimeout(resolve, random.next() * 1500));
      builder.kill('SIGKILL');
      await builder.exited;
    }

    cluster.start('nodepool-builder');
    await eventually(
      'one ready build and nothing else',
      async () => {
        const found = JSON.stringify([await buildStates(), (await endings()).toSorted()]);
        const wanted = ['d', 'qcow2', 'qcow2.md5', 'qcow2.sha256', 'vhd', 'vhd.md5', 'vhd.sha256'];
        return found === JSON.stringify([['ready'], wanted]) ? undefined : found;
      },
      240_000,
    );

    expect(await processesAt(cluster.folder)).toEqual([]);
  });
});
