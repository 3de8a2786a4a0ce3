import type { ZooKeeper } from '@nodepool/zookeeper';

/** Ready nodes of a provider that nobody here serves, made in chunks. */
export async function fillTree(zk: ZooKeeper, count: number): Promise<void> {
  const data = Buffer.from(
    JSON.stringify({
      state: 'ready',
      state_time: Date.now() / 1000,
      created_time: Date.now() / 1000,
      type: ['other'],
      provider: 'elsewhere',
      pool: 'main',
      allocated_to: null,
      external_id: '3b9ac9ff-3b9a-4c9f-8b9a-3b9ac9ff3b9a',
      public_ipv4: '192.0.2.1',
      resources: { cores: 4, instances: 1, ram: 8192 },
    }),
  );
  await zk.ensurePath('/nodepool/nodes');
  for (let left = count; left > 0; left -= 500) {
    await Promise.all(Array.from({ length: Math.min(500, left) }, () => createNode(zk, data)));
  }
}

/** With its lock directory, as every node has one that was ever locked. */
async function createNode(zk: ZooKeeper, data: Buffer): Promise<void> {
  const { path } = await zk.create('/nodepool/nodes/', data, { mode: 'persistent-sequential' });
  await zk.create(`${path}/lock`, Buffer.alloc(0));
}
