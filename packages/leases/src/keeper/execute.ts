import type { Lease, Node, NodeRequest } from '@nodepool/model';
import { assertNever, type Clock, errorCode, type Logger } from '@nodepool/runtime';
import type { LeaseChange, Store, Stored } from '@nodepool/store';
import { changeMachine, holdUntil, isLeased, isLost, type MachineOutcome, worst } from '../machines.js';
import type { LeaseStep } from './decide.js';

export interface ExecuteDeps {
  readonly store: Pick<Store, 'leases' | 'nodes' | 'requests'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Ids of the nodes that the cache shows as allocated to a request. */
  readonly allocatedTo: (requestId: string) => Iterable<string>;
  /** Id of the request that names a lease as its own, as the cache has it. */
  readonly requestNaming: (leaseId: string) => string | undefined;
}

/**
 * Makes one step with a lease. The view that led to it may be stale: what it rests on is read again.
 *
 * @returns false when the world was not as it seemed, or somebody was in the way: to be looked at again in a while.
 */
export async function executeStep(deps: ExecuteDeps, seen: Stored<Lease>, step: LeaseStep): Promise<boolean> {
  try {
    return await carryOut(deps, seen, step);
  } catch (error) {
    // Another launcher, or the owner, was faster.
    if (['NP_CONFLICT', 'NP_RECORD_GONE', 'NP_LOCK_LOST'].includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

async function carryOut(deps: ExecuteDeps, seen: Stored<Lease>, step: LeaseStep): Promise<boolean> {
  switch (step.kind) {
    case 'find-request':
      return await findRequest(deps, seen);
    case 'activate':
      return await activate(deps, seen);
    case 'end':
      return await end(deps, seen, step);
    case 'give-back':
      return await giveBack(deps, seen);
    case 'drop-request':
      await deps.store.requests.remove(seen.record.requestId ?? '');
      return true;
    case 'forget':
      await deps.store.leases.remove(seen);
      return true;
    default:
      return assertNever(step);
  }
}

async function findRequest(deps: ExecuteDeps, seen: Stored<Lease>): Promise<boolean> {
  const requestId = await requestOf(deps, seen.record);
  const change: LeaseChange =
    requestId === undefined
      ? { state: 'releasing', outcome: 'failed', reason: 'its node request was removed' }
      : { requestId };
  await deps.store.leases.update(seen, change);
  return true;
}

/** From the cache, and where that does not know it from the server: this is rare, and must be right. */
async function requestOf({ store, requestNaming }: ExecuteDeps, lease: Lease): Promise<string | undefined> {
  if (lease.requestId !== null) return lease.requestId;
  const known = requestNaming(lease.id);
  if (known !== undefined) return known;
  const { requests } = await store.requests.list();
  return requests.find(({ record }) => leaseOf(record) === lease.id)?.record.id;
}

/** The lease that a request was made for, or undefined when it was made for something else. */
export function leaseOf({ requestorData }: Pick<NodeRequest, 'requestorData'>): string | undefined {
  if (typeof requestorData !== 'object' || requestorData === null || !('lease' in requestorData)) return undefined;
  const { lease } = requestorData;
  return typeof lease === 'string' ? lease : undefined;
}

/**
 * First the machines are held, each until the lease ends; then the lease says so; then the request goes. Who dies on the
 * way leaves machines that are promised to a request that exists, or held with an end.
 */
async function activate(deps: ExecuteDeps, seen: Stored<Lease>): Promise<boolean> {
  const { store, clock, log } = deps;
  const { id, owner, expiresSec, requestId } = seen.record;
  const request = (await store.requests.get(requestId ?? ''))?.record;
  if (request?.state !== 'fulfilled') return false;
  const hold = (node: Node): ReturnType<Parameters<typeof changeMachine>[2]> => {
    const isPromised = node.state === 'ready' && node.allocatedTo === request.id;
    if (!isPromised && !isLeased(seen.record, node)) return 'gone';
    return holdUntil(seen.record, expiresSec, clock.now());
  };
  const outcome = worst(await Promise.all(request.nodes.map((node) => changeMachine(store, node, hold))));
  if (outcome === 'busy') return false;
  if (outcome === 'gone') {
    return await end(deps, seen, { outcome: 'failed', reason: 'a machine was taken away before it was handed out' });
  }
  await store.leases.update(seen, { state: 'active', nodes: request.nodes });
  log.info({ leaseId: id, token: owner, requestId: request.id, nodes: request.nodes.length }, 'handed out lease');
  await store.requests.remove(request.id);
  return true;
}

async function end(
  { store, log, clock }: ExecuteDeps,
  seen: Stored<Lease>,
  { outcome, reason }: Pick<Extract<LeaseStep, { kind: 'end' }>, 'outcome' | 'reason'>,
): Promise<boolean> {
  const { id, owner, expiresSec } = seen.record;
  if (outcome === 'expired' && expiresSec * 1000 > clock.now()) return false;
  if (outcome === 'failed' && !(await hasFailed(store, seen.record))) return false;
  await store.leases.update(seen, { state: 'releasing', outcome, reason });
  log.info({ leaseId: id, token: owner, outcome, reason }, 'lease ended');
  return true;
}

/** Whether the server agrees that the request, or a machine, is lost. */
async function hasFailed(store: ExecuteDeps['store'], lease: Lease): Promise<boolean> {
  if (lease.state === 'waiting') {
    const request = (await store.requests.get(lease.requestId ?? ''))?.record;
    if (request === undefined || request.state === 'failed') return true;
    const promised = await Promise.all(request.nodes.map((id) => store.nodes.get(id)));
    return promised.some((node) => node?.record.allocatedTo !== lease.requestId || !isUsable(node.record));
  }
  const nodes = await Promise.all(lease.nodes.map((id) => store.nodes.get(id)));
  return nodes.some((node) => isLost(lease, node?.record));
}

function isUsable({ state }: Node): boolean {
  return state === 'ready' || state === 'hold';
}

async function giveBack(deps: ExecuteDeps, seen: Stored<Lease>): Promise<boolean> {
  const { store, log } = deps;
  const requestId = await requestOf(deps, seen.record);
  const lease: Lease = { ...seen.record, requestId: requestId ?? null };
  const request = requestId === undefined ? undefined : (await store.requests.get(requestId))?.record;
  // Machines that are only promised are free again as soon as the request is gone.
  if (request !== undefined) await store.requests.remove(request.id);
  const ids = new Set([
    ...lease.nodes,
    ...(request?.nodes ?? []),
    ...(requestId === undefined ? [] : deps.allocatedTo(requestId)),
  ]);
  const done = await Promise.all([...ids].map((id) => returnMachine(store, lease, id)));
  if (done.includes('busy')) return false;
  if (seen.record.state === 'releasing') {
    const state = lease.outcome ?? 'failed';
    await store.leases.update(seen, { state, requestId: lease.requestId });
    log.info({ leaseId: lease.id, token: lease.owner, state, nodes: lease.nodes.length }, 'gave back lease');
  }
  return true;
}

/** Never used again by anybody; one that somebody has taken over is his. */
async function returnMachine(store: ExecuteDeps['store'], lease: Lease, id: string): Promise<MachineOutcome> {
  return await changeMachine(store, id, (node) => (isLeased(lease, node) ? { state: 'used' } : 'keep'));
}
