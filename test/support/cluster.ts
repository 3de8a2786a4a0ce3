import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper, type TestServer } from '@nodepool/zookeeper/testing';
import { type Daemon, startDaemon } from './daemon.js';

/** A ZooKeeper server, a folder, a configuration, and the daemons that a test starts on them. */
export interface Cluster extends AsyncDisposable {
  readonly folder: string;
  readonly zooKeeper: TestServer;
  readonly zk: ZooKeeper;
  readonly configFile: string;
  /** Where the fake cloud keeps its instances and images. */
  readonly cloudDir: string;
  configure(text: string): Promise<void>;
  /** @param options of the command line, besides those that every test needs. */
  start(
    program: 'nodepool-launcher' | 'nodepool-builder',
    env?: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ): Daemon;
  /** What the daemons have said so far. */
  log(program: 'nodepool-launcher' | 'nodepool-builder'): Promise<string>;
}

/** Starts the server and connects to it; `configuration` is told the folder and the server's port. */
export async function startCluster(
  configuration: (place: { readonly folder: string; readonly port: number }) => string,
): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'nodepool-e2e-'));
  const zooKeeper = await startZooKeeper({ dataDir: join(folder, 'zookeeper'), heapMiB: 256 });
  // Longer than any outage that a test makes: the client's own session is not what is being tested.
  const zk = connect({ servers: zooKeeper.connectString, sessionTimeoutMs: 60_000 });
  await zk.connected(AbortSignal.timeout(20_000));
  for (const path of ['/nodepool/nodes', '/nodepool/requests']) await zk.ensurePath(path);
  const configFile = join(folder, 'nodepool.yaml');
  await writeFile(configFile, configuration({ folder, port: zooKeeper.port }));
  const daemons: Daemon[] = [];
  const logFile = (program: string): string => join(folder, `${program}.log`);
  return {
    folder,
    zooKeeper,
    zk,
    configFile,
    cloudDir: join(folder, 'cloud'),
    configure: (text) => writeFile(configFile, text),
    start: (program, env, ...options) => {
      const daemon = startDaemon(
        program,
        ['-f', '-c', configFile, '-p', join(folder, `${program}.pid`), ...options],
        logFile(program),
        env,
      );
      daemons.push(daemon);
      return daemon;
    },
    log: (program) => readFile(logFile(program), 'utf8').catch(() => ''),
    [Symbol.asyncDispose]: async () => {
      for (const daemon of daemons) daemon.kill('SIGKILL');
      await Promise.allSettled(daemons.map(({ exited }) => exited));
      await zk.close();
      await zooKeeper.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Node ids of the instances in the fake cloud's directory, one for each instance; those whose time has come apart. */
export async function cloudInstances(cluster: Cluster): Promise<readonly string[]> {
  const folder = join(cluster.cloudDir, 'instances');
  const files = (await readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith('.json') && !(Number(name.split('.').at(-2)) <= Date.now()),
  );
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8').catch(() => undefined)));
  return texts
    .filter((text) => text !== undefined)
    .map((text) => (JSON.parse(text) as { tags: Record<string, string> }).tags['nodepool_node_id'] ?? 'no node');
}

/** All readable node records, by id. */
export async function nodeRecords(zk: ZooKeeper): Promise<ReadonlyMap<string, Record<string, unknown>>> {
  const { children } = await zk.children('/nodepool/nodes');
  const records = new Map<string, Record<string, unknown>>();
  await Promise.all(
    children.map(async (id) => {
      const result = await zk.get(`/nodepool/nodes/${id}`).catch(() => undefined);
      const record = result === undefined ? undefined : parseRecord(result.data);
      if (record !== undefined) records.set(id, record);
    }),
  );
  return records;
}

function parseRecord(data: Buffer): Record<string, unknown> | undefined {
  try {
    return JSON.parse(data.toString()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Looks every 100 ms until `look` is satisfied; the outside world of a test has no events. */
export async function eventually(
  what: string,
  look: () => Promise<string | undefined>,
  timeoutMs: number,
): Promise<void> {
  const giveUpAtMs = performance.now() + timeoutMs;
  for (;;) {
    const problem = await look();
    if (problem === undefined) return;
    if (performance.now() > giveUpAtMs) throw new Error(`${what} not within ${timeoutMs} ms: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
