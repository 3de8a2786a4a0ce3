import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { seededRandom } from '@nodepool/runtime/testing';
import type { ZooKeeper } from '@nodepool/zookeeper';
import { freePort } from '@nodepool/zookeeper/server';
import { inject, type TestContext } from 'vitest';
import { type Cluster, eventually, nodeRecords, startCluster } from '../../support/cluster.js';
import { checkout, type Daemon } from '../../support/daemon.js';
import { type Served, type ServeOptions, serveOne } from '../../support/zuul.js';
import { CloudUser } from './cloud-user.js';
import { revokeTokens } from './revoke-tokens.js';
import { readSetting } from './settings.js';

const run = promisify(execFile);

export interface Place {
  readonly folder: string;
  readonly port: number;
  /** Port on which every address of the network `loopback` answers SSH. */
  readonly sshPort: number;
  /** For the launcher's web server. */
  readonly webPort: number;
}

/** The test cloud, a ZooKeeper, Nodepool's daemons on both, and two people with accounts in the cloud. */
export interface Rig extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly cloudDir: string;
  readonly password: string;
  readonly webPort: number;
  /** Owns the project that Nodepool uses. */
  readonly user: CloudUser;
  readonly admin: CloudUser;
  start(
    program: 'nodepool-launcher' | 'nodepool-builder',
    env?: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ): Daemon;
  /** `script/testcloud` with these words. */
  testcloud(...words: readonly string[]): Promise<void>;
  setQuota(quota: Readonly<Record<string, number>>): Promise<void>;
  /** Ends every token of Nodepool's account; resolves when no service takes one any more. */
  revokeTokens(): Promise<void>;
  /** Uploads an image that Nodepool uses and did not make. */
  putImage(name: string): Promise<void>;
  serve(label: string, options: ServeOptions): Promise<Served>;
  /** Undefined when the cloud holds nothing that ZooKeeper does not know; otherwise what it is. */
  leftover(): Promise<string | undefined>;
}

/** Starts ZooKeeper beside the test cloud; the cloud is emptied before and after. */
export async function openRig(configuration: (place: Place) => string): Promise<Rig> {
  const { dir, portBase } = inject('testCloud');
  const password = await readSetting(dir, 'PASSWORD');
  const user = await CloudUser.signIn({ portBase, name: 'nodepool', password });
  const admin = await CloudUser.signIn({ portBase, name: 'admin', password });
  const sshPort = portBase + 22;
  const webPort = await freePort();
  await empty(user);
  const cluster = await startCluster(({ folder, port }) => configuration({ folder, port, sshPort, webPort }));
  let jobs = 0;
  const ownImages = new Set<string>();
  return {
    cluster,
    cloudDir: dir,
    password,
    webPort,
    user,
    admin,
    start: (program, env, ...options) => {
      const all = { OS_CLIENT_CONFIG_FILE: join(dir, 'clouds.yaml'), HOME: cluster.folder, ...env };
      return cluster.start(program, all, ...options);
    },
    testcloud: async (...words) => {
      const env = { ...process.env, TESTCLOUD_DIR: dir };
      await run(join(checkout, 'script/testcloud'), words, { env, timeout: 300_000 });
    },
    setQuota: async (quota) => {
      await admin.request('compute', 'PUT', `/os-quota-sets/${user.projectId}`, { quota_set: quota });
    },
    revokeTokens: () => revokeTokens(admin, user.userId),
    putImage: async (name) => {
      ownImages.add(await user.createImage(name, Buffer.from('boots nowhere')));
    },
    serve: (label, options) => {
      jobs += 1;
      return serveOne(cluster.zk, seededRandom(jobs), [label], options);
    },
    leftover: () => leftover(cluster.zk, user, ownImages),
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]();
      await admin.request('compute', 'DELETE', `/os-quota-sets/${user.projectId}`);
      await empty(user);
    },
  };
}

/** Removes every server and image of the project, whoever made it. */
async function empty(user: CloudUser): Promise<void> {
  await eventually(
    'an empty cloud',
    async () => {
      const servers = await user.servers();
      await Promise.all(servers.map(({ id }) => user.deleteServer(id)));
      return servers.length === 0 ? undefined : `${servers.length} servers`;
    },
    240_000,
  );
  await Promise.all((await user.images()).map(({ id }) => user.deleteImage(id)));
  await Promise.all((await user.ports()).map(({ id }) => user.request('network', 'DELETE', `/ports/${id}`)));
}

/** Ends the rig; the logs of a test that failed are kept, and it is said where. */
export async function closeRig(rig: Rig, test: TestContext): Promise<void> {
  if (test.task.result?.state === 'fail') {
    const kept = await mkdtemp(join(tmpdir(), 'nodepool-openstack-failed-'));
    for (const program of ['nodepool-launcher', 'nodepool-builder'] as const) {
      await writeFile(join(kept, `${program}.log`), await rig.cluster.log(program));
    }
    console.log(`the daemons' logs are in ${kept}`);
  }
  await rig[Symbol.asyncDispose]();
}

/** Words for servers, ports and images of the project that no record accounts for, or undefined. */
async function leftover(zk: ZooKeeper, user: CloudUser, ownImages: ReadonlySet<string>): Promise<string | undefined> {
  const known = (await uploadIds(zk)).union(ownImages);
  const nodes = new Set([...(await nodeRecords(zk)).values()].map((node) => String(node['external_id'])));
  const all = await user.servers();
  const serverIds = new Set(all.map(({ id }) => id));
  const ports = (await user.ports()).filter(({ device_id: id }) => !serverIds.has(id) && !nodes.has(id));
  const images = (await user.images()).filter(({ id, name }) => !known.has(id) && !name.startsWith('person-'));
  const unknown = all.filter(({ id, name }) => !name.startsWith('person-') && !nodes.has(id));
  const sum = unknown.length + ports.length + images.length;
  return sum === 0
    ? undefined
    : `${unknown.length} servers, ${ports.length} ports, ${images.length} images are not in ZooKeeper`;
}

/** Records of all uploads. Source: docs/compatibility/zookeeper.md section 6.2. */
export async function uploadRecords(zk: ZooKeeper): Promise<readonly Record<string, unknown>[]> {
  const paths = await below(zk, ['/nodepool/images'], ['', 'builds', 'providers', 'images']);
  const records = await Promise.all(paths.map((path) => zk.get(path).catch(() => undefined)));
  return records
    .filter((record) => record !== undefined && record.data.length > 0)
    .map((record) => JSON.parse(String(record?.data)) as Record<string, unknown>);
}

async function uploadIds(zk: ZooKeeper): Promise<ReadonlySet<string>> {
  return new Set((await uploadRecords(zk)).map((upload) => String(upload['external_id'])));
}

/** Paths of everything that lies below these, one collection after the other. */
async function below(
  zk: ZooKeeper,
  parents: readonly string[],
  collections: readonly string[],
): Promise<readonly string[]> {
  const [collection, ...rest] = collections;
  if (collection === undefined) return parents;
  const paths = await Promise.all(
    parents.map(async (parent) => {
      const folder = collection === '' ? parent : `${parent}/${collection}`;
      const { children } = await zk.children(folder).catch(() => ({ children: [] as readonly string[] }));
      return children.filter((name) => name !== 'lock').map((name) => `${folder}/${name}`);
    }),
  );
  return below(zk, paths.flat(), rest);
}

/** Waits until no node is left but those that stand by, and the cloud holds nothing else. */
export function untilSettled(rig: Rig, timeoutMs: number, standing = 0): Promise<void> {
  return eventually(
    'agreement between cloud and ZooKeeper',
    async () => {
      const nodes = [...(await nodeRecords(rig.cluster.zk)).values()];
      const busy = nodes.filter((node) => node['state'] !== 'ready' || node['allocated_to'] !== null);
      if (busy.length > 0)
        return `${busy.length} nodes are still ${[...new Set(busy.map((n) => n['state']))].join(', ')}`;
      if (nodes.length !== standing) return `${nodes.length} nodes stand by`;
      return rig.leftover();
    },
    timeoutMs,
  );
}
