import type { NodeRequest } from '@nodepool/model';
import type { CachedNode } from '@nodepool/store';
import type { IdleNode } from '../nodes/decide.js';
import type { PoolContext } from './pool-context.js';

/** So many of the longest idle are looked through for one whose turn it is with this launcher. */
const turnsLookedAt = 32;

/** The nodes that could serve one label of a request, without those that somebody of this process is about to take. */
export interface Candidates {
  readonly promised: Iterable<IdleNode>;
  readonly idle: Iterable<IdleNode>;
  readonly unfinished: Iterable<IdleNode>;
}

/** @param without nodes that have turned out to be somebody else's. */
export function candidates(
  label: string,
  request: NodeRequest,
  without: ReadonlySet<string>,
  context: PoolContext,
): Candidates {
  const { caches, runtime, pool, unfinished } = context;
  const provider = runtime.config.name;
  const isFree = ({ id }: IdleNode): boolean => !context.claimedNodes.has(id) && !without.has(id);
  return {
    promised: filter(promisedNodes(label, request, context), isFree),
    get idle() {
      return inTurn(filter(recordsOf(caches.nodes.idle(provider, pool.name, label)), isFree), context);
    },
    get unfinished() {
      return filter(inOrderFor(request, unfinished.of(provider, pool.name, label), context), isFree);
    },
  };
}

/** Idle nodes of the pool that nobody is about to take; those of other pools as well where the account is full. */
export function* spareNodes(
  context: PoolContext,
  providerFull: boolean,
  without: ReadonlySet<string>,
): Iterable<IdleNode> {
  const { caches, runtime, pool, claimedNodes } = context;
  const { name, pools } = runtime.config;
  const names = [pool.name, ...(providerFull ? pools.map((other) => other.name) : [])];
  for (const each of new Set(names)) {
    for (const { record } of caches.nodes.idleInPool(name, each)) {
      if (!claimedNodes.has(record.id) && !without.has(record.id)) yield record;
    }
  }
}

function* promisedNodes(
  label: string,
  { id }: NodeRequest,
  { caches, runtime, pool }: PoolContext,
): Iterable<IdleNode> {
  for (const { record, locked } of caches.nodes.allocatedTo(id)) {
    const isHere = record.provider === runtime.config.name && record.pool === pool.name;
    if (isHere && !locked && record.state === 'ready' && record.type.includes(label)) {
      yield { id: record.id, az: record.az, tenantName: record.tenantName, ofRequest: true };
    }
  }
}

/**
 * Where several launchers serve the same pool, each begins with other nodes, so that two requests that are served at
 * the same time are not given the same one.
 */
function* inTurn(nodes: Iterable<IdleNode>, context: PoolContext): Iterable<IdleNode> {
  if (!context.hasRivals()) {
    yield* nodes;
    return;
  }
  const later: IdleNode[] = [];
  for (const node of nodes) {
    if (later.length >= turnsLookedAt || context.isOurTurn(node.id)) yield node;
    else later.push(node);
  }
  yield* later;
}

/** Those for this request, then those for nobody; what others count on is left to them. */
function* inOrderFor(
  { id }: NodeRequest,
  nodes: Iterable<IdleNode & { readonly requestId: string | null }>,
  { caches }: PoolContext,
): Iterable<IdleNode> {
  const others: IdleNode[] = [];
  for (const node of nodes) {
    if (node.requestId === id) yield { ...node, ofRequest: true };
    else if (node.requestId === null || !isOpen(caches.requests.get(node.requestId)?.record)) others.push(node);
  }
  yield* others;
}

function isOpen(request: NodeRequest | undefined): boolean {
  return request?.state === 'requested' || request?.state === 'pending';
}

function* recordsOf(nodes: Iterable<CachedNode>): Iterable<IdleNode> {
  for (const { record } of nodes) yield record;
}

function* filter(nodes: Iterable<IdleNode>, isWanted: (node: IdleNode) => boolean): Iterable<IdleNode> {
  for (const node of nodes) if (isWanted(node)) yield node;
}
