import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper, type TestServer } from '@nodepool/zookeeper/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkout } from '../support/daemon.js';
import { PythonProgram } from '../support/python.js';

const lockName = '0123456789abcdef0123456789abcdef__lock__';
const nodePath = '/nodepool/nodes/0000000000';
const requestPath = '/nodepool/requests/100-0000000000';

let folder: string;
let server: TestServer;
let client: ZooKeeper;
let other: ZooKeeper;
let checker: PythonProgram;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-checker-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  server = await startZooKeeper();
  [client, other] = [connect({ servers: server.connectString }), connect({ servers: server.connectString })];
  for (const path of ['/nodepool/nodes', '/nodepool/requests']) await client.ensurePath(path);
  const cloud = join(folder, String(server.port));
  for (const kind of ['instances', 'images']) await mkdir(join(cloud, kind), { recursive: true });
  const options = {
    directories: [server.dataDir],
    hosts: server.connectString,
    cloud,
    limits: { 'node building': 1_000, 'node init': -1 },
    stock: {},
  };
  checker = await PythonProgram.start(join(checkout, 'test/chaos/python/checker.py'), [JSON.stringify(options)]);
});

afterEach(async () => {
  await checker[Symbol.asyncDispose]();
  await Promise.all([client.close(), other.close()]);
  await server.stop();
});

const json = (fields: object): Buffer => Buffer.from(JSON.stringify(fields));

async function violations(): Promise<readonly string[]> {
  const found = (await checker.run('violations', { to_end: true })) as readonly { readonly words: string }[];
  return found.map(({ words }) => words);
}

async function aNode(state: string, allocatedTo: string | null = null): Promise<void> {
  await client.create(nodePath, json({ state: 'init', allocated_to: allocatedTo }));
  await take(`${nodePath}/lock`);
  for (const next of ['building', 'ready', 'in-use'].slice(0, ['building', 'ready', 'in-use'].indexOf(state) + 1)) {
    await client.set(nodePath, json({ state: next, allocated_to: allocatedTo }));
  }
}

async function take(directory: string, zk: ZooKeeper = client): Promise<void> {
  await zk.ensurePath(directory);
  await zk.create(`${directory}/${lockName}`, Buffer.alloc(0), { mode: 'ephemeral-sequential' });
}

async function aRequest(state: string, nodes: readonly string[] = []): Promise<void> {
  await client.create(requestPath, json({ state: 'requested', node_types: ['small'] }));
  await take('/nodepool/requests-lock/100-0000000000');
  if (state !== 'requested') await client.set(requestPath, json({ state, node_types: ['small'], nodes }));
}

describe('the checker', () => {
  it('has nothing against the life of a node, from first to last', async () => {
    const owner = { allocated_to: '100-0000000007' };
    await aNode('in-use', owner.allocated_to);
    for (const state of ['used', 'deleting']) await client.set(nodePath, json({ ...owner, state }));
    await client.multi([
      { op: 'set', path: nodePath, data: json({ ...owner, state: 'deleted' }) },
      { op: 'delete', path: `${nodePath}/lock/${lockName}0000000000` },
      { op: 'delete', path: `${nodePath}/lock` },
      { op: 'delete', path: nodePath },
    ]);

    expect(await violations()).toEqual([]);
    expect(await checker.run('counts')).toMatchObject({ nodes: 1, 'nodes gone': 1, uses: 1 });
  });

  it('does not take a multi that failed for a change', async () => {
    await aNode('ready');

    const failed = client.multi([
      { op: 'set', path: nodePath, data: json({ state: 'deleted' }) },
      { op: 'delete', path: '/nowhere' },
    ]);

    await expect(failed).rejects.toThrow();
    expect(await violations()).toEqual([]);
  });

  it('sees a write without the lock', async () => {
    await aNode('ready');

    await other.set(nodePath, json({ state: 'deleting' }));

    expect(await violations()).toEqual([
      expect.stringMatching(/is written \(ready to deleting\).*does not hold the lock/),
    ]);
  });

  it('sees a write by one who waits for the lock', async () => {
    await aNode('ready');
    await take(`${nodePath}/lock`, other);

    await other.set(nodePath, json({ state: 'deleting' }));

    expect(await violations()).toHaveLength(1);
  });

  it('knows that locks end with their session', async () => {
    await aNode('ready');
    await client.close();
    await take(`${nodePath}/lock`, other);

    await other.set(nodePath, json({ state: 'deleting' }));

    expect(await violations()).toEqual([]);
  });

  it.each([
    ['building', 'in-use'],
    ['in-use', 'ready'],
    ['ready', 'used'],
  ])('sees a node go from %s to %s', async (from, to) => {
    await aNode(from);

    await client.set(nodePath, json({ state: to }));

    expect(await violations()).toContain(`node 0000000000 goes from ${from} to ${to}`);
  });

  it('sees a node pass from one request to another', async () => {
    await aNode('ready', '100-0000000007');

    await client.set(nodePath, json({ state: 'ready', allocated_to: '100-0000000008' }));

    expect(await violations()).toEqual(['node 0000000000 passes from request 100-0000000007 to 100-0000000008']);
  });

  it('sees a fulfilled request robbed of its node', async () => {
    await aRequest('pending');
    await aNode('ready', '100-0000000000');
    await client.set(requestPath, json({ state: 'fulfilled', node_types: ['small'], nodes: ['0000000000'] }));

    await client.set(nodePath, json({ state: 'ready', allocated_to: null }));

    expect(await violations()).toEqual([expect.stringContaining('is taken from request 100-0000000000')]);
  });

  it('sees a request fulfilled with a node that is not its own', async () => {
    await aNode('ready', '100-0000000007');
    await aRequest('pending');

    await client.set(requestPath, json({ state: 'fulfilled', node_types: ['small'], nodes: ['0000000000'] }));

    expect(await violations()).toEqual([expect.stringContaining("which is ('ready', '100-0000000007')")]);
  });

  it('sees a ready node vanish', async () => {
    await aNode('ready');

    await client.deleteRecursive(nodePath);

    expect(await violations()).toEqual(['node 0000000000 is removed while ready']);
  });

  it('sees what has been too long in one state, once', async () => {
    await client.create(nodePath, json({ state: 'init' }));

    expect(await violations()).toEqual(['node 0000000000 has been init for more than -1 s']);
    expect(await violations()).toEqual([]);
  });

  it('says what of tree and cloud does not agree', async () => {
    await client.create(nodePath, json({ state: 'ready', allocated_to: null, type: ['small'], external_id: 'x' }));

    expect(await checker.run('disagreement')).toMatch(/instances that records name and the cloud has not: .*x/);
  });
});
