import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { identify, isAlive, parseIdentity } from '@nodepool/runtime';
import { StandaloneError } from './errors.js';

/** The directory in which one standalone process keeps everything. */
export interface DataDir extends AsyncDisposable {
  readonly path: string;
  readonly zooKeeperDir: string;
  readonly imagesDir: string;
  readonly buildLogDir: string;
  /** A secure file that leads every other command to our ZooKeeper. */
  readonly zooKeeperFile: string;
}

/**
 * Makes the directory and claims it for this process.
 *
 * @throws StandaloneError NP_DATA_DIR_IN_USE while the process that has claimed it lives.
 */
export async function claimDataDir(path: string): Promise<DataDir> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const claim = join(path, 'standalone.pid');
  const owner = parseIdentity(await readFile(claim, 'utf8').catch(() => ''));
  if (owner !== undefined && owner.pid !== process.pid && (await isAlive(owner))) {
    throw new StandaloneError('NP_DATA_DIR_IN_USE', `${path} belongs to process ${owner.pid}`);
  }
  await writeFile(claim, JSON.stringify(await identify(process.pid)));
  return {
    path,
    zooKeeperDir: join(path, 'zookeeper'),
    imagesDir: join(path, 'images'),
    buildLogDir: join(path, 'build-logs'),
    zooKeeperFile: join(path, 'zookeeper.yaml'),
    [Symbol.asyncDispose]: () => rm(claim, { force: true }),
  };
}

/** Tells other commands where the server is. Readers see the whole file or none. */
export async function writeZooKeeperFile(dataDir: DataDir, port: number): Promise<void> {
  const draft = `${dataDir.zooKeeperFile}.draft`;
  const text = `# Written by nodepool standalone; give it to other commands with -s.\nzookeeper-servers:\n  - host: 127.0.0.1\n    port: ${port}\n`;
  await writeFile(draft, text);
  await rename(draft, dataDir.zooKeeperFile);
}
