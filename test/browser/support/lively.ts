import type { ZooKeeper } from '@nodepool/zookeeper';
import { eventually } from '../../support/cluster.js';
import { nodepool } from '../../support/images.js';
import { createRequest } from '../../support/zuul.js';
import type { Site } from './site.js';

/** Gives a site what a working day leaves: a rebuilt image, a held node, more requests than there is room for. */
export async function makeLively({ cluster, url }: Site): Promise<void> {
  await nodepool(cluster, 'image-build', 'debian');
  await nodepool(cluster, 'hold', await firstReady(url));
  for (let each = 0; each < 10; each += 1) await createRequest(cluster.zk, ['large']);
  await eventually('a second build', () => without(url, '/api/v1/uploads?state=ready', 6), 60_000);
  await eventually('full clouds', () => without(url, '/api/v1/nodes', 8), 60_000);
}

/** Adds records of nodes that another launcher keeps: nobody here touches them. */
export async function addForeignNodes(zk: ZooKeeper, count: number): Promise<void> {
  const states = ['ready', 'in-use', 'building', 'used'];
  for (let done = 0; done < count; done += 500) {
    const some = Array.from({ length: Math.min(500, count - done) }, (_, index) => {
      const record = {
        state: states[(done + index) % states.length],
        state_time: Date.now() / 1000 - (done + index),
        type: [`label-${(done + index) % 7}`],
        provider: 'elsewhere',
        pool: 'main',
        launcher: 'another',
      };
      return zk.create('/nodepool/nodes/', Buffer.from(JSON.stringify(record)), { mode: 'persistent-sequential' });
    });
    await Promise.all(some);
  }
}

async function firstReady(url: string): Promise<string> {
  const { items } = await read<{ readonly id: string }>(url, '/api/v1/nodes?state=ready');
  return items[0]?.id ?? '';
}

async function without(url: string, path: string, wanted: number): Promise<string | undefined> {
  const { items } = await read(url, path);
  return items.length < wanted ? `${items.length} of ${wanted}` : undefined;
}

async function read<T>(url: string, path: string): Promise<{ readonly items: readonly T[] }> {
  return (await (await fetch(`${url}${path}`)).json()) as { readonly items: readonly T[] };
}
