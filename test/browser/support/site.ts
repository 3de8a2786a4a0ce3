import { createHash, randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@nodepool/zookeeper/server';
import { type Cluster, eventually, startCluster } from '../../support/cluster.js';

/** A launcher, a builder and their ZooKeeper on two fake clouds, with the dashboard that the launcher serves. */
export interface Site extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly url: string;
  /** May do everything. */
  readonly token: string;
}

/** @param bootMs of a machine: long enough for a person to see it happen. */
export async function startSite({ bootMs = 4_000 }: { readonly bootMs?: number } = {}): Promise<Site> {
  const webPort = await freePort();
  const cluster = await startCluster(({ folder, port }) => configuration(folder, port, webPort, bootMs));
  const { folder } = cluster;
  const token = randomBytes(32).toString('base64url');
  const hash = createHash('sha256').update(token).digest('hex');
  const secure = join(folder, 'secure.conf');
  await writeFile(secure, `webapp: {tokens: [{name: ada, hash: "sha256:${hash}", scopes: [admin]}]}\n`);
  await writeFile(join(folder, 'talkative-image-create'), imageCreate);
  await chmod(join(folder, 'talkative-image-create'), 0o755);
  cluster.start('nodepool-builder');
  cluster.start('nodepool-launcher', {}, '-s', secure);
  const url = `http://127.0.0.1:${webPort}`;
  const site: Site = { cluster, url, token, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
  try {
    await eventually('the standing stock', () => withoutStock(url), 120_000);
  } catch (error) {
    const log = await cluster.log('nodepool-launcher');
    await cluster[Symbol.asyncDispose]();
    throw new Error(`the site did not start:\n${log.slice(-4_000)}`, { cause: error });
  }
  return site;
}

/** What is missing until both images are in both clouds, and the nodes of `small` are ready. */
async function withoutStock(url: string): Promise<string | undefined> {
  const list = async (path: string): Promise<readonly unknown[]> => {
    const answer = await fetch(`${url}${path}`);
    return ((await answer.json()) as { readonly items: readonly unknown[] }).items;
  };
  try {
    const uploads = (await list('/api/v1/uploads?state=ready')).length;
    const nodes = (await list('/api/v1/nodes?state=ready')).length;
    return uploads < 4 || nodes < 2 ? `${uploads} uploads, ${nodes} nodes` : undefined;
  } catch (error) {
    return String(error);
  }
}

const configuration = (folder: string, port: number, webPort: number, bootMs: number): string => `
zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]
images-dir: ${folder}/images
build-log-dir: ${folder}/build-logs
webapp: {port: ${webPort}, listen_address: 127.0.0.1}
labels:
  - {name: small, min-ready: 2}
  - {name: large}
diskimages:
  - {name: debian, dib-cmd: ${folder}/talkative-image-create}
  - {name: rocky, dib-cmd: ${folder}/talkative-image-create}
providers:
${['cloud-a', 'cloud-b'].map((name) => providerText(folder, name, bootMs)).join('')}`;

const providerText = (folder: string, name: string, bootMs: number): string => `
  - name: ${name}
    driver: fake
    cloud: none
    fake: {state-dir: ${folder}/${name}, boot-ms: ${bootMs}, upload-ms: 500}
    diskimages: [{name: debian}, {name: rocky}]
    pools:
      - name: main
        max-servers: 4
        labels:
          - {name: small, diskimage: debian, flavor-name: any}
          - {name: large, diskimage: rocky, flavor-name: any}
`;

/** Stands in for disk-image-create: says what it does for two seconds, then leaves what a build leaves. */
const imageCreate = `#!/bin/sh
while [ "$1" != -o ]; do shift; done
for step in 1 2 3 4 5 6 7 8; do
  echo "step $step of 8"
  sleep 0.25
done
for suffix in qcow2 qcow2.md5 qcow2.sha256; do
  echo 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef > "$2.$suffix"
done
mkdir "$2.d"
`;
