import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, nodeRecords } from '../support/cluster.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { writeFakeImageCreate } from '../support/image-create.js';

let folder: string;
let dataDir: string;
const daemons: Daemon[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-standalone-e2e-'));
  dataDir = join(folder, 'data');
  const imageCreate = await writeFakeImageCreate(folder);
  await writeFile(
    join(folder, 'nodepool.yaml'),
    `
zookeeper-timeout: 4.0
labels: [{name: small, min-ready: 1}]
diskimages: [{name: plain, dib-cmd: ${imageCreate}}]
providers:
  - name: cloud-a
    driver: fake
    cloud: none
    fake: {state-dir: '%(NODEPOOL_DATA_DIR)/cloud'}
    diskimages: [{name: plain}]
    pools:
      - name: main
        max-servers: 3
        labels: [{name: small, diskimage: plain, flavor-name: any}]
`,
  );
});

afterEach(async () => {
  for (const daemon of daemons.splice(0)) await daemon.stop();
  await rm(folder, { recursive: true, force: true });
});

const logFile = (): string => join(folder, 'standalone.log');

function start(env: Readonly<Record<string, string>> = {}): Daemon {
  const args = ['-c', join(folder, 'nodepool.yaml'), 'standalone', '--data-dir', dataDir];
  const daemon = startDaemon('nodepool', args, logFile(), env);
  daemons.push(daemon);
  return daemon;
}

/** The server of a killed process answers until the next one ends it, so only the log tells that a start is over. */
function untilStarted(times: number): Promise<void> {
  return eventually(
    `start number ${times}`,
    async () => {
      const starts = (await readFile(logFile(), 'utf8')).match(/started standalone/g) ?? [];
      return starts.length >= times ? undefined : `${starts.length} starts`;
    },
    60_000,
  );
}

/** Looks at the tree through the file that tells other commands where the server is. */
async function look<T>(at: (zk: ZooKeeper) => Promise<T>): Promise<T> {
  const port = /port: (\d+)/.exec(await readFile(join(dataDir, 'zookeeper.yaml'), 'utf8'))?.[1];
  const zk = connect({ servers: `127.0.0.1:${port}` });
  try {
    await zk.connected(AbortSignal.timeout(10_000));
    return await at(zk);
  } finally {
    await zk.close();
  }
}

/** Id of the ready node, once there is one that is nobody's. */
async function readyNode(): Promise<string> {
  let found: string | undefined;
  await eventually(
    'a ready node',
    async () => {
      const records = await look(nodeRecords).catch(() => new Map<string, Record<string, unknown>>());
      // Until the request for the standing stock is settled the node is allocated, and a launcher killed then rightly
      // leaves room for another one.
      found = [...records].find(([, node]) => node['state'] === 'ready' && node['allocated_to'] === null)?.[0];
      return found === undefined ? 'none yet' : undefined;
    },
    60_000,
  );
  return found ?? '';
}

/** A folder of programs as on a machine without Java: what `bin/nodepool` itself uses, and nothing else. */
async function bareBin(): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  for (const program of ['dirname', 'readlink']) await symlink(`/usr/bin/${program}`, join(bin, program));
  return bin;
}

describe('nodepool standalone', () => {
  it('goes on with what it had after it was killed, and ends with exit code 0 when told to', async () => {
    const first = start();
    const before = await readyNode();
    first.kill('SIGKILL');
    await first.exited;

    const second = start();
    await untilStarted(2);
    const after = await readyNode();
    const instances = await readdir(join(dataDir, 'cloud/instances'));
    second.kill('SIGUSR2');
    await eventually(
      'the state of both daemons',
      async () => (/dumped state.*launcher=.*builder=/.test(await readFile(logFile(), 'utf8')) ? undefined : 'not yet'),
      30_000,
    );
    const code = await second.stop(30_000);

    expect(after).toBe(before);
    expect(instances).toHaveLength(1);
    expect(code).toBe(0);
  });

  it('refuses a data directory that another process uses', async () => {
    start();
    await readyNode();

    const code = await start().exited;

    expect(code).toBe(1);
    expect(await readFile(logFile(), 'utf8')).toMatch(
      /another process runs on this data directory: .*\/data belongs to/,
    );
  });

  it('names what is missing and how to get it', async () => {
    const code = await start({ PATH: await bareBin() }).exited;

    expect(code).toBe(1);
    expect(await readFile(logFile(), 'utf8')).toContain(
      'Java, for the ZooKeeper server (apt-get install --no-install-recommends default-jre-headless)',
    );
  });
});
