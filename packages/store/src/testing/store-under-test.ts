import type { NewNode, NewNodeRequest } from '@nodepool/model';
import { aNode, aRequest } from '@nodepool/model/testing';
import type { Clock } from '@nodepool/runtime';
import { isZooKeeperError, type ZooKeeper } from '@nodepool/zookeeper';
import type { CachedRequest, HeldNode, HeldRequest, Store } from '../types.js';

/** A store on a tree of its own. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** The session of the store. */
  readonly zk: ZooKeeper;
  readonly clock: Clock;
  /** Another process on the same tree. */
  another(): Promise<{ readonly store: Store; readonly zk: ZooKeeper }>;
}

export type OpenStoreUnderTest = () => Promise<StoreUnderTest>;

/** A node as a launcher makes it. */
export function newNode(overrides: Partial<NewNode> = {}): NewNode {
  const { id: _id, state: _state, stateTimeSec: _stateTime, createdTimeSec: _created, ...rest } = aNode();
  return { ...rest, allocatedTo: '100-0000000000', externalId: null, ...overrides };
}

/** A request as its requestor makes it. */
export function newRequest(overrides: Partial<NewNodeRequest> = {}): NewNodeRequest {
  const { id: _id, state: _state, stateTimeSec: _time, nodes: _nodes, declinedBy: _declined, ...rest } = aRequest();
  return { ...rest, eventId: '0'.repeat(32), ...overrides };
}

/** An open request, as a cache would show it. */
export async function openRequest(store: Store, overrides: Partial<NewNodeRequest> = {}): Promise<CachedRequest> {
  return store.requests.create(newRequest(overrides), { priority: '100', ephemeral: false });
}

/** A request that is accepted. */
export async function acceptedRequest(store: Store): Promise<HeldRequest> {
  const held = await store.requests.accept(await openRequest(store));
  if (held === undefined) throw new Error('the request was not accepted');
  return held;
}

/** A node that is ready and unlocked; its id. */
export async function readyNode(store: Store, overrides: Partial<NewNode> = {}): Promise<string> {
  const held = await store.nodes.create(newNode({ allocatedTo: null, ...overrides }));
  await held.updateAndRelease({ state: 'ready' });
  return held.id;
}

/** Locks a node that is known to be free. */
export async function lockedNode(store: Store, id: string): Promise<HeldNode> {
  const held = await store.nodes.lock(id);
  if (held === undefined) throw new Error(`node ${id} was not locked`);
  return held;
}

/** What a znode holds, as JSON. */
export async function jsonAt(zk: ZooKeeper, path: string): Promise<Record<string, unknown>> {
  const { data } = await zk.get(path);
  return JSON.parse(data.toString());
}

/** Writes a record as Zuul would: the fields it knows about, changed. */
export async function rewrite(zk: ZooKeeper, path: string, change: Record<string, unknown>): Promise<void> {
  const { data, stat } = await zk.get(path);
  await zk.set(path, Buffer.from(JSON.stringify({ ...JSON.parse(data.toString()), ...change })), stat.version);
}

/** Puts bytes at a path, with its parents. */
export async function put(zk: ZooKeeper, path: string, data: string | Uint8Array): Promise<void> {
  await zk.ensurePath(path.slice(0, path.lastIndexOf('/')));
  try {
    await zk.create(path, Buffer.from(data));
  } catch (error) {
    if (!isZooKeeperError(error, 'ZK_NODE_EXISTS')) throw error;
    await zk.set(path, Buffer.from(data));
  }
}

/** Waits for something that a watch will bring; `subscribe` is told to look again. */
export async function until(condition: () => boolean, subscribe: (look: () => void) => Disposable): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _subscription = subscribe(() => {
    if (condition()) resolve();
  });
  if (condition()) return;
  await promise;
}
