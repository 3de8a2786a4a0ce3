import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect } from '@nodepool/zookeeper';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, nodeRecords } from '../support/cluster.js';
import { checkout, type Daemon, startDaemon } from '../support/daemon.js';
import { endMachines } from '../support/machines.js';

const run = promisify(execFile);

let folder = '';
let dataDir = '';
let daemon: Daemon | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-formats-e2e-'));
  dataDir = join(folder, 'data');
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  const { stdout: packages } = await run(join(checkout, 'script/fetch-image-packages'));
  await writeFile(
    join(folder, 'nodepool.yaml'),
    `
images-dir: ${dataDir}/images
build-log-dir: ${folder}/build-logs
elements-dir: ${checkout}/examples/elements
labels: [{name: mini, min-ready: 1}]
diskimages:
  - name: mini
    elements: [nodepool-mini, block-device-mbr]
    formats: [raw, vhd]
    env-vars: {SKIP_BASE: '1', DIB_IMAGE_SIZE: '0.125', DIB_JOURNAL_SIZE: '4', NODEPOOL_MINI_PACKAGES: ${packages.trim()}}
providers:
  - name: this-machine
    driver: qemu
    state-dir: ${dataDir}/machines
    authorized-keys: ${folder}/key.pub
    diskimages: [{name: mini}]
    pools:
      - name: main
        max-servers: 1
        labels: [{name: mini, diskimage: mini, memory: 128, cores: 1}]
`,
  );
});

afterEach(async () => {
  await daemon?.stop(30_000);
  await endMachines(join(dataDir, 'machines'));
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  const { stdout: standIns } = await run(join(checkout, 'script/dib-environment'));
  const env = { PATH: `${standIns.trim()}${process.env['PATH']}` };
  const args = ['-c', join(folder, 'nodepool.yaml'), 'standalone', '--data-dir', dataDir];
  daemon = startDaemon('nodepool', args, join(folder, 'standalone.log'), env);
}

async function readyNode(): Promise<Record<string, unknown> | undefined> {
  const port = /port: (\d+)/.exec(await readFile(join(dataDir, 'zookeeper.yaml'), 'utf8'))?.[1];
  const zk = connect({ servers: `127.0.0.1:${port}` });
  try {
    await zk.connected(AbortSignal.timeout(10_000));
    return [...(await nodeRecords(zk)).values()].find((node) => node['state'] === 'ready');
  } finally {
    await zk.close();
  }
}

const tail = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(() => '')).slice(-2000);

describe('an image built by disk-image-create', () => {
  it('comes as qcow2, raw and vhd of one content, each with its checksums, and boots to SSH', async () => {
    await start();
    let node: Record<string, unknown> | undefined;
    await eventually(
      'a machine that answers SSH',
      async () => {
        node = await readyNode().catch(() => undefined);
        return node === undefined ? tail(join(folder, 'standalone.log')) : undefined;
      },
      400_000,
    );

    const images = join(dataDir, 'images');
    const names = await readdir(images);
    const of = (format: string): string => join(images, names.find((name) => name.endsWith(`.${format}`)) ?? format);
    expect(node).toMatchObject({
      type: ['mini'],
      host_keys: [expect.stringMatching(/^ssh-|^ecdsa-/), expect.any(String)],
    });
    for (const [driver, format] of [
      ['qcow2', 'qcow2'],
      ['vpc', 'vhd'],
    ]) {
      const pair = [`driver=${driver},file.filename=${of(format ?? '')}`, `driver=raw,file.filename=${of('raw')}`];
      expect((await run('qemu-img', ['compare', '--image-opts', ...pair])).stdout).toContain('Images are identical.');
    }
    for (const format of ['qcow2', 'raw', 'vhd']) {
      await run('md5sum', ['--check', '--status', `${of(format)}.md5`]);
      await run('sha256sum', ['--check', '--status', `${of(format)}.sha256`]);
    }
    const { stdout } = await run(join(checkout, 'bin/nodepool'), ['vhd', 'check', of('vhd')]);
    expect(stdout).toBe(`${of('vhd')}: sound\n`);
  });
});
