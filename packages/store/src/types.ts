import type {
  Component,
  ComponentKind,
  ImageBuild,
  ImageUpload,
  NewNode,
  NewNodeRequest,
  Node,
  NodeRequest,
  NodeState,
  PoolComponent,
  RequestState,
  Resources,
} from '@nodepool/model';
import type { BuilderStatuses } from './builder-statuses.js';
import type { ImageData } from './image-data.js';
import type { ImageHistory } from './image-history.js';
import type { LeaseStore } from './leases.js';

/** A record as it was read, with what a later conditional write needs. */
export interface Stored<T> {
  readonly record: T;
  /** Version of the znode; a write is conditional on it. */
  readonly version: number;
  /** Milliseconds, on the server's clock. */
  readonly ctimeMs: number;
  readonly mtimeMs: number;
}

/** A znode that should hold a record and does not: listed, skipped, never rewritten. */
export interface UnreadableRecord {
  readonly path: string;
  /** True when the znode holds no data at all. */
  readonly empty: boolean;
  /** Why, in one clause: `unknown state "xyz"`. */
  readonly reason: string;
  readonly mtimeMs: number;
}

/** Fields of a node that may be changed; `state` refreshes the state time. */
export type NodeChange = Partial<Omit<Node, 'id' | 'stateTimeSec' | 'createdTimeSec'>>;

/**
 * A node that we hold the lock of. Every write is conditional on the lock and on the version last read or written;
 * one that fails throws `NP_LOCK_LOST` or `NP_RECORD_GONE`, and the hold is over.
 */
export interface HeldNode {
  readonly id: string;
  /** As last read or written under the lock. */
  readonly node: Node;
  /** Aborts when the lock can no longer be proved. */
  readonly signal: AbortSignal;
  update(change: NodeChange): Promise<Node>;
  /** Writes and unlocks in one step. */
  updateAndRelease(change: NodeChange): Promise<void>;
  /** Unlocks without a write. Never throws for a lock that is gone. */
  release(): Promise<void>;
  /** Removes the record, its lock directory included. Other contenders see the tombstone state `deleted`. */
  remove(): Promise<void>;
}

/** Fields of a request that the holder of its lock may change. */
export type RequestChange = Partial<Pick<NodeRequest, 'state' | 'nodes' | 'declinedBy'>>;

/** A request that we hold the lock of; failures as for {@link HeldNode}. */
export interface HeldRequest {
  readonly id: string;
  readonly request: NodeRequest;
  readonly signal: AbortSignal;
  update(change: RequestChange): Promise<NodeRequest>;
  updateAndRelease(change: RequestChange): Promise<void>;
  release(): Promise<void>;
}

/** A node as the cache knows it: possibly stale. */
export interface CachedNode extends Stored<Node> {
  /** The lock directory has at least one contender. */
  readonly locked: boolean;
}

export type CacheChange<T> = { readonly before: T | undefined; readonly after: T | undefined };

/** Nodes in memory, kept current by a watch. Look-ups cost what they return, not what there is. */
export interface NodeCache {
  get(id: string): CachedNode | undefined;
  all(): Iterable<CachedNode>;
  readonly size: number;
  byProvider(provider: string): Iterable<CachedNode>;
  byState(state: NodeState): Iterable<CachedNode>;
  /** Ready, unallocated, unlocked nodes of a pool that carry `label`, the longest ready first. */
  idle(provider: string, pool: string, label: string): Iterable<CachedNode>;
  /** Ready, unallocated, unlocked nodes of a pool, whatever the label, the longest ready first. */
  idleInPool(provider: string, pool: string): Iterable<CachedNode>;
  /** Ready and unallocated nodes with the label, over all providers, locked or not. */
  readyCount(label: string): number;
  allocatedTo(requestId: string): Iterable<CachedNode>;
  /** Unlocked nodes in a state of `deletableNodeStates`. */
  deletable(): Iterable<CachedNode>;
  /**
   * Sum of the resources of nodes in any state. A node without `resources` counts with what `resourcesOf` said when
   * it was seen, or at the last {@link NodeCache.recount}.
   */
  usedByProvider(provider: string): Resources;
  usedByPool(provider: string, pool: string): Resources;
  usedByTenant(tenant: string): Resources;
  /** Asks `resourcesOf` again: it may have learnt something. */
  recount(): void;
  unreadable(): Iterable<UnreadableRecord>;
  /** Called after each change, indexes already current. */
  onChange(listener: (change: CacheChange<CachedNode>) => void): Disposable;
}

export type CachedRequest = Stored<NodeRequest>;

export interface RequestCache {
  get(id: string): CachedRequest | undefined;
  all(): Iterable<CachedRequest>;
  readonly size: number;
  byState(state: RequestState): Iterable<CachedRequest>;
  unreadable(): Iterable<UnreadableRecord>;
  onChange(listener: (change: CacheChange<CachedRequest>) => void): Disposable;
}

/** Builds and uploads in memory. */
export interface ImageCache {
  images(): Iterable<string>;
  builds(image: string): Iterable<Stored<ImageBuild>>;
  uploads(image: string): Iterable<Stored<ImageUpload>>;
  /** The `ready` upload with the greatest state time, which launches use. */
  currentUpload(image: string, provider: string): Stored<ImageUpload> | undefined;
  isPaused(image: string): boolean;
  /** Time of the open build request, milliseconds, or undefined. */
  buildRequestedAtMs(image: string): number | undefined;
  /** Builds that are not to be uploaded to a provider again, by provider. */
  heldBack(image: string): HeldBack;
  unreadable(): Iterable<UnreadableRecord>;
  /** Called with the name of the image in which something changed. */
  onChange(listener: (image: string) => void): Disposable;
}

/** What a launcher watches: one persistent recursive watch per tree and a walk after each reconnect. */
export interface StoreCaches extends AsyncDisposable {
  readonly nodes: NodeCache;
  readonly requests: RequestCache;
  readonly images: ImageCache;
  readonly components: ComponentCache;
  /** What each cache has still to catch up with. */
  backlogs(): readonly CacheBacklog[];
}

/** Changes of one tree that are not in its cache yet. */
export interface CacheBacklog {
  readonly cache: 'node' | 'request' | 'image' | 'component';
  /** Told of and not asked for yet. */
  readonly waiting: number;
  /** Asked for. */
  readonly asked: number;
}

export interface ComponentCache {
  all(kind: ComponentKind): Iterable<Component>;
  pools(): Iterable<PoolComponent>;
  onChange(listener: () => void): Disposable;
}

export interface NodeStore {
  /**
   * Creates a record (`init`), takes its lock and sets `building`: two round trips. A crash in between leaves an
   * unlocked `init` node allocated to the request, which the lost-request cleanup removes.
   *
   * @throws the signal's reason when it aborts before the record is made; afterwards the node is held all the same.
   */
  create(node: NewNode, signal?: AbortSignal): Promise<HeldNode>;
  /** From the server, not from a cache. */
  get(id: string): Promise<Stored<Node> | undefined>;
  /** All records, read in parallel; unreadable ones apart. */
  list(): Promise<{ readonly nodes: readonly CachedNode[]; readonly unreadable: readonly UnreadableRecord[] }>;
  /**
   * Takes the lock and reads the record.
   *
   * @param waitMs how long to wait for another holder; 0 does not wait.
   * @returns undefined when another holds it, or when the record is gone or unreadable.
   */
  lock(
    id: string,
    options?: { readonly waitMs?: number; readonly signal?: AbortSignal },
  ): Promise<HeldNode | undefined>;
  /** Whether anybody holds or waits for the lock. */
  isLocked(id: string): Promise<boolean>;
  /** Removes the record without its lock, for `erase` and for znodes without data. */
  removeUnlocked(id: string): Promise<void>;
}

export interface RequestStore {
  create(
    request: NewNodeRequest,
    options: { readonly priority: string; readonly ephemeral: boolean },
  ): Promise<Stored<NodeRequest>>;
  get(id: string): Promise<Stored<NodeRequest> | undefined>;
  list(): Promise<{ readonly requests: readonly CachedRequest[]; readonly unreadable: readonly UnreadableRecord[] }>;
  /**
   * Takes the lock without waiting and sets `pending`, in one step where nobody has locked the request before.
   *
   * @returns undefined when it is gone, locked, no longer `requested`, or changed since `seen` was read.
   * @throws the signal's reason when it aborts before the request is sent.
   */
  accept(seen: CachedRequest, signal?: AbortSignal): Promise<HeldRequest | undefined>;
  /** Takes the lock without waiting and reads the record; undefined when it is locked or gone. */
  lock(id: string): Promise<HeldRequest | undefined>;
  /** Whether anybody holds or waits for the lock: one round trip, and nothing is written. */
  isLocked(id: string): Promise<boolean>;
  /**
   * The end of a request, in one step: unlocks `nodes`, stores `fulfilled` with their ids in the given order, unlocks
   * the request. `lastChange` is written to a node of `nodes` in the same step.
   *
   * @returns false when the request is gone; the nodes are then still held.
   */
  fulfil(
    request: HeldRequest,
    nodes: readonly HeldNode[],
    lastChange?: { readonly node: HeldNode; readonly change: NodeChange },
  ): Promise<boolean>;
  /**
   * Waits, by watch, until a request is fulfilled or failed: what its requestor does.
   *
   * @returns undefined when it is gone.
   * @throws the signal's reason; `NP_RECORD_UNREADABLE`.
   */
  untilAnswered(id: string, signal: AbortSignal): Promise<Stored<NodeRequest> | undefined>;
  /** By its owner. A missing one is fine. */
  remove(id: string): Promise<void>;
  /**
   * Removes the empty lock directories of requests that are known to be gone, many at a time; one that is in use, or
   * is gone, is left alone.
   */
  removeLocks(ids: readonly string[]): Promise<void>;
  /** Lock directories without a request and without contenders, older than `olderThanMs`: removed; returns how many. */
  removeStaleLocks(olderThanMs: number): Promise<number>;
}

/** The lock under which an image is built, or a build is uploaded to one provider. */
export interface WorkLock {
  readonly signal: AbortSignal;
  /** Asks the server whether the lock still stands. */
  verify(): Promise<boolean>;
  release(): Promise<void>;
}

export type BuildChange = Partial<Omit<ImageBuild, 'id' | 'image' | 'stateTimeSec'>>;
export type UploadChange = Partial<Omit<ImageUpload, 'id' | 'image' | 'buildId' | 'provider' | 'stateTimeSec'>>;

/** Key of one build. */
export interface BuildKey {
  readonly image: string;
  readonly buildId: string;
}

/** Key of one upload. */
export interface UploadKey extends BuildKey {
  readonly provider: string;
  readonly uploadId: string;
}

/** Ids of builds that somebody has taken back from a provider, by provider. */
export type HeldBack = ReadonlyMap<string, ReadonlySet<string>>;

export interface ImageStore {
  /** Names of all image znodes, sorted. */
  images(): Promise<readonly string[]>;
  builds(image: string): Promise<readonly Stored<ImageBuild>[]>;
  build(key: BuildKey): Promise<Stored<ImageBuild> | undefined>;
  /** All uploads of an image; of one build, and of that to one provider, when given. */
  uploads(image: string, buildId?: string, provider?: string): Promise<readonly Stored<ImageUpload>[]>;
  upload(key: UploadKey): Promise<Stored<ImageUpload> | undefined>;
  /** Builds and uploads of an image that cannot be read; the lists leave them out. */
  unreadable(image: string): Promise<readonly UnreadableRecord[]>;

  isPaused(image: string): Promise<boolean>;
  /** Throws `NP_RECORD_GONE` when the image has no znode. Setting it twice is fine. */
  setPaused(image: string, paused: boolean): Promise<void>;
  buildRequestedAtMs(image: string): Promise<number | undefined>;
  /** Whether the request is being worked on. Source: docs/compatibility/zookeeper.md section 6.3. */
  buildRequestState(image: string): Promise<'pending' | 'building' | undefined>;
  requestBuild(image: string): Promise<void>;
  removeBuildRequest(image: string): Promise<void>;
  heldBack(image: string): Promise<HeldBack>;
  /** Keeps builders from uploading a build to a provider again. */
  holdBack(key: BuildKey & { readonly provider: string }): Promise<void>;
  /** Ends that for all builds of an image. */
  removeHeldBack(image: string): Promise<void>;

  /** One build per image over all builders; undefined when another builds. */
  lockImage(image: string): Promise<WorkLock | undefined>;
  /** Whether anybody holds or waits for that lock. */
  isImageLocked(image: string): Promise<boolean>;
  /** One upload per build and provider; undefined when another uploads. */
  lockUploads(key: BuildKey & { readonly provider: string }): Promise<WorkLock | undefined>;
  areUploadsLocked(key: BuildKey & { readonly provider: string }): Promise<boolean>;

  /** Conditional on the lock; throws `NP_LOCK_LOST`. */
  createBuild(build: Omit<ImageBuild, 'stateTimeSec'>, lock: WorkLock): Promise<Stored<ImageBuild>>;
  /** Conditional on the version read and, when given, on the lock. Throws `NP_RECORD_GONE`, `NP_CONFLICT`, `NP_LOCK_LOST`. */
  updateBuild(seen: Stored<ImageBuild>, change: BuildChange, lock?: WorkLock): Promise<Stored<ImageBuild>>;
  createUpload(upload: Omit<ImageUpload, 'id' | 'stateTimeSec'>, lock: WorkLock): Promise<Stored<ImageUpload>>;
  /** @param build conditional on this version of the build as well. */
  updateUpload(
    seen: Stored<ImageUpload>,
    change: UploadChange,
    lock?: WorkLock,
    build?: Stored<ImageBuild>,
  ): Promise<Stored<ImageUpload>>;
  /** Under the build's own lock. Throws `NP_CONFLICT` while any upload record exists or the lock is held. */
  removeBuild(key: BuildKey): Promise<void>;
  /** Sets `deleting` under the build's own lock, without waiting; false when another holds it or the record is gone. */
  markBuildDeleting(key: BuildKey): Promise<boolean>;
  /** Sets `deleting` under the upload's own lock, without waiting; false when another holds it or the record is gone. */
  markUploadDeleting(key: UploadKey): Promise<boolean>;
  /** Removes the record under the upload's own lock; false when another holds it. */
  removeUpload(key: UploadKey): Promise<boolean>;

  /** Removes every upload tree of a provider, without locks and without the cloud: `nodepool erase`. */
  eraseProvider(provider: string): Promise<void>;
}

/** A live entry of the component registry; registers again after the session was lost. */
export interface Registration extends AsyncDisposable {
  update(change: Partial<PoolComponent>): Promise<void>;
}

export interface ComponentStore {
  register(component: Component | PoolComponent): Promise<Registration>;
  list(kind: ComponentKind): Promise<readonly (Component | PoolComponent)[]>;
}

/** What of the session the daemons need to know. */
export interface StoreSession {
  /** Requests that have no answer yet. */
  readonly waiting: number;
  readonly state: 'connecting' | 'connected' | 'suspended' | 'expired' | 'closed';
  /** A new session is opened at once after expiry; `expired` tells that everything held is lost. */
  onState(listener: (state: StoreSession['state']) => void): Disposable;
  connected(signal?: AbortSignal): Promise<void>;
}

/** Everything Nodepool keeps in ZooKeeper. Errors carry the codes of `errors.ts`. */
export interface Store {
  readonly session: StoreSession;
  readonly nodes: NodeStore;
  readonly requests: RequestStore;
  readonly images: ImageStore;
  readonly components: ComponentStore;
  readonly imageHistory: ImageHistory;
  readonly builderStatuses: BuilderStatuses;
  readonly imageData: ImageData;
  readonly leases: LeaseStore;
  /**
   * What tells this tree from every other; another one once ZooKeeper has lost everything.
   *
   * @throws NP_RECORD_GONE while there is no tree.
   */
  treeId(): Promise<string>;
  /**
   * Watches the trees and resolves when all of them were walked.
   *
   * @param resourcesOf what a node without `resources` counts as.
   * @param lagMs how much later, milliseconds, than it happens the caches may show what others change of nodes and of
   *   requests that exist, so that several changes cost one read; ten times as much while many change; 0 unless given. New requests, own writes and locks are
   *   shown at once.
   * @param only the trees that matter to the caller; the others need not be watched and may stay empty. All by default.
   */
  openCaches(options: {
    readonly resourcesOf: (node: Node) => Resources;
    readonly lagMs?: number;
    readonly only?: readonly (keyof Omit<StoreCaches, 'backlogs' | typeof Symbol.asyncDispose>)[];
    readonly signal?: AbortSignal;
  }): Promise<StoreCaches>;
  /**
   * Takes part in an election; runs `lead` while elected. Resolves when `signal` aborts.
   *
   * @param name any text; the original takes part in `stats` and in no other.
   */
  elect(
    name: string,
    identifier: string,
    lead: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
}
