import type { Random } from '@nodepool/runtime';
import { isZooKeeperError, type LockHandle, lock, type ReadResult, type ZooKeeper } from '@nodepool/zookeeper';

interface RequestRecord {
  readonly state: string;
  readonly nodes: readonly string[];
}

/** What one request came to. `problem` says in words what a client must never see. */
export interface Served {
  readonly requestId: string;
  readonly state: string;
  readonly nodes: readonly string[];
  readonly problems: readonly string[];
}

/** Zuul's 30 s for a lock, and as much again for a server that is away: kazoo starts its wait anew after a cut. */
const lockPatienceMs = 90_000;

const nodePath = (id: string): string => `/nodepool/nodes/${id}`;

/** Creates a request and plays Zuul's part for it to the end. */
export async function serveOne(
  zk: ZooKeeper,
  random: Random,
  labels: readonly string[],
  options: ServeOptions,
): Promise<Served> {
  return serveExisting(zk, random, await createRequest(zk, labels), options);
}

export interface ServeOptions {
  readonly holdMs?: number;
  readonly signal: AbortSignal;
}

/**
 * Plays Zuul's part for a request that exists: waits, locks each node, checks `allocated_to`, sets `in-use`, deletes the
 * request, sets `used`, unlocks. Source: docs/compatibility/zookeeper.md section 4.1, order rule 2.
 */
export async function serveExisting(
  zk: ZooKeeper,
  random: Random,
  path: string,
  options: ServeOptions,
): Promise<Served> {
  const requestId = path.slice(path.lastIndexOf('/') + 1);
  const record = await untilAnswered(zk, path, options.signal);
  if (record === undefined) return { requestId, state: 'vanished', nodes: [], problems: ['the request vanished'] };
  const problems: string[] = [];
  const locks: LockHandle[] = [];
  try {
    for (const id of record.nodes) {
      const handle = await lockNode(zk, random, id, options.signal);
      if (handle === undefined) problems.push(`node ${id} could not be locked in time`);
      else locks.push(handle);
      const node = await readNode(zk, id);
      if (node?.['allocated_to'] !== requestId) {
        problems.push(`node ${id} is allocated to ${String(node?.['allocated_to'])}`);
      }
      if (node?.['state'] !== 'ready') problems.push(`node ${id} is ${String(node?.['state'])}`);
      await setState(zk, id, 'in-use');
    }
    await zk.delete(path);
    if (options.holdMs !== undefined) await new Promise((resolve) => setTimeout(resolve, options.holdMs));
    for (const id of record.nodes) await setState(zk, id, 'used');
  } finally {
    // Also when the connection was cut: the session may live on, and with it the locks.
    for (const handle of locks) await handle.release();
  }
  return { requestId, state: record.state, nodes: record.nodes, problems };
}

/** Creates a persistent request as Zuul does and returns its path. */
export async function createRequest(zk: ZooKeeper, labels: readonly string[]): Promise<string> {
  const nowSec = Date.now() / 1000;
  const record = {
    state: 'requested',
    state_time: nowSec,
    declined_by: [],
    node_types: labels,
    nodes: [],
    reuse: true,
    requestor: 'zuul.example.com',
    requestor_data: { build_set_uuid: 'c4d8f8f8a0b14b0f9d3f6a7c2b1e0d9f', job_name: 'unit' },
    provider: null,
    relative_priority: 0,
    event_id: null,
    created_time: nowSec,
    tenant_name: 'tenant-a',
  };
  const { path } = await zk.create('/nodepool/requests/100-', Buffer.from(JSON.stringify(record)), {
    mode: 'persistent-sequential',
  });
  return path;
}

/** Waits, by watch, until the request is fulfilled or failed; undefined when it is gone. */
export async function untilAnswered(
  zk: ZooKeeper,
  path: string,
  signal: AbortSignal,
): Promise<RequestRecord | undefined> {
  for (;;) {
    let changed = (): void => undefined;
    const change = new Promise<void>((resolve, reject) => {
      changed = resolve;
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
    change.catch(() => undefined);
    const result = await readOrGone(zk, path, changed);
    if (result === undefined) return undefined;
    const record = JSON.parse(result.data.toString()) as RequestRecord;
    if (record.state === 'fulfilled' || record.state === 'failed') return record;
    await change;
  }
}

async function readOrGone(zk: ZooKeeper, path: string, watch?: () => void): Promise<ReadResult | undefined> {
  try {
    return await zk.get(path, watch === undefined ? {} : { watch });
  } catch (error) {
    if (isZooKeeperError(error, 'ZK_NO_NODE')) return undefined;
    throw error;
  }
}

async function lockNode(
  zk: ZooKeeper,
  random: Random,
  id: string,
  signal: AbortSignal,
): Promise<LockHandle | undefined> {
  try {
    return await lock(zk, `${nodePath(id)}/lock`, {
      random,
      identifier: 'zuul.example.com',
      timeoutMs: lockPatienceMs,
      ensure: 'last',
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    return undefined;
  }
}

async function readNode(zk: ZooKeeper, id: string): Promise<Record<string, unknown> | undefined> {
  const result = await readOrGone(zk, nodePath(id));
  return result === undefined || result.data.length === 0
    ? undefined
    : (JSON.parse(result.data.toString()) as Record<string, unknown>);
}

async function setState(zk: ZooKeeper, id: string, state: string): Promise<void> {
  const node = await readNode(zk, id);
  if (node === undefined) return;
  await zk.set(nodePath(id), Buffer.from(JSON.stringify({ ...node, state, state_time: Date.now() / 1000 })));
}
