import type { ExternalId, PoolConfig, PoolLabel } from '@nodepool/driver-api';
import type { Node, NodeRequest, Resources } from '@nodepool/model';
import { assertNever, type Span } from '@nodepool/runtime';
import type { HeldNode, NodeChange } from '@nodepool/store';
import { chooseImage } from '../launches/image.js';
import { Launch, type LaunchJob } from '../launches/launch.js';
import { newNode } from '../launches/new-node.js';
import { abandon } from '../launches/orphan.js';
import { storedLaunch } from '../launches/ticket.js';
import type { IdleNode } from '../nodes/decide.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { Reservation } from '../quota/reservations.js';
import type { PoolContext } from './pool-context.js';

/** How the attempt to get a node for one label has ended. */
export type Acquired =
  /** Usable once `change` is written. */
  | {
      readonly kind: 'node';
      readonly held: HeldNode;
      readonly change: NodeChange;
      readonly launched: ExternalId | null;
    }
  /** Somebody else was faster, or the node vanished: decide anew. */
  | { readonly kind: 'again'; readonly without: string | undefined }
  /** Left half made, for another launcher to finish. */
  | { readonly kind: 'let-go' }
  | { readonly kind: 'no-room'; readonly because: 'quota' | 'capacity'; readonly az: string | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Takes a ready node, if nobody else has been promised it. */
export async function reuseNode(
  node: IdleNode,
  label: string,
  request: NodeRequest,
  { store, claimedNodes }: PoolContext,
): Promise<Acquired> {
  try {
    const held = await store.nodes.lock(node.id);
    if (held === undefined) return { kind: 'again', without: node.id };
    const { state, allocatedTo, type } = held.node;
    const isFree = allocatedTo === null || allocatedTo === request.id;
    if (state !== 'ready' || !isFree || !type.includes(label)) {
      await held.release();
      return { kind: 'again', without: node.id };
    }
    const { id, tenantName, requestor } = request;
    return { kind: 'node', held, change: { allocatedTo: id, tenantName, requestor }, launched: null };
  } finally {
    claimedNodes.delete(node.id);
  }
}

export interface LaunchPlan {
  readonly pool: PoolConfig;
  readonly label: PoolLabel;
  readonly az: string | undefined;
  readonly needed: Resources;
  readonly reservation: Reservation;
  /** The record counts from now on. */
  readonly onRecorded: () => void;
  /** Aborts when the launch is to be left to another launcher. */
  readonly letGo: AbortSignal;
  /** What the launch is a part of. */
  readonly span: Span;
}

/** Creates a record and brings a node up. */
export async function launchNode(plan: LaunchPlan, request: NodeRequest, context: PoolContext): Promise<Acquired> {
  const { runtime, store } = context;
  const { pool, label, needed, reservation, letGo, span } = plan;
  try {
    const image = chooseImage(runtime.config, label, context.caches.images);
    const record = newNode({
      label: label.name,
      provider: runtime.config.name,
      pool,
      launcher: context.id,
      request,
      image: image.fields,
      resources: needed,
    });
    const held = await store.nodes.create(record, letGo);
    reservation.recorded();
    plan.onRecorded();
    return await bringUp({ held, request, pool, label, image, az: plan.az, letGo, span }, runtime, context);
  } finally {
    reservation.ended();
  }
}

export type ResumePlan = Pick<LaunchPlan, 'pool' | 'label' | 'reservation' | 'onRecorded' | 'letGo' | 'span'> & {
  readonly nodeId: string;
};

/** Carries on with a launch that another launcher, or this one before it was restarted, has begun. */
export async function resumeNode(plan: ResumePlan, request: NodeRequest, context: PoolContext): Promise<Acquired> {
  const { nodeId, pool, label, reservation, onRecorded, letGo, span } = plan;
  const { runtime } = context;
  try {
    const held = await context.store.nodes.lock(nodeId);
    if (held === undefined) return { kind: 'again', without: nodeId };
    const begun = storedLaunch(held.node);
    if (begun === undefined || held.node.type[0] !== label.name || isPromised(held.node, request, context)) {
      await held.release();
      return { kind: 'again', without: nodeId };
    }
    const { id, tenantName, requestor } = request;
    if (held.node.allocatedTo !== id) await held.update({ allocatedTo: id, tenantName, requestor });
    onRecorded();
    context.log.info({ nodeId, requestId: id, attempt: begun.attempt }, 'carried on with launch');
    const job = { held, request, pool, label, image: undefined, az: begun.az, begun, letGo, span };
    return await bringUp(job, runtime, context);
  } finally {
    context.claimedNodes.delete(nodeId);
    reservation.ended();
  }
}

/** Another request that is open still counts on the node. */
function isPromised(node: Node, request: NodeRequest, { caches }: PoolContext): boolean {
  const { allocatedTo } = node;
  if (allocatedTo === null || allocatedTo === request.id) return false;
  const state = caches.requests.get(allocatedTo)?.record.state;
  return state === 'requested' || state === 'pending';
}

/** @param runtime the one that the work was given to: it may have been replaced since. */
async function bringUp(
  job: Omit<LaunchJob, 'span'> & { readonly span: Span },
  runtime: ProviderRuntime,
  { store, log }: PoolContext,
): Promise<Acquired> {
  const { held, pool, label, az, begun } = job;
  const provider = runtime.config.name;
  const span = job.span.child('launch node', {
    'nodepool.node': held.id,
    'nodepool.label': label.name,
    'nodepool.provider': provider,
    'nodepool.pool': pool.name,
    'nodepool.resumed': begun !== undefined,
  });
  const { traceId } = span;
  const nodeLog = log.child(
    { nodeId: held.id, label: label.name, ...(traceId !== undefined && { traceId }) },
    `nodepool.StateMachineNodeLauncher.${provider}`,
  );
  const outcome = await new Launch({ ...job, span }, runtime, nodeLog).run();
  span.set({ 'nodepool.outcome': outcome.kind });
  span.end(outcome.kind === 'failed' ? outcome.error : undefined);
  switch (outcome.kind) {
    case 'ready': {
      const { externalId, interfaceIp } = outcome.change;
      nodeLog.info({ externalId, interfaceIp }, 'launched node');
      return { kind: 'node', held, change: outcome.change, launched: externalId ?? null };
    }
    case 'let-go':
      nodeLog.info({}, 'left launch for another launcher to finish');
      await held.release();
      return { kind: 'let-go' };
    case 'lost':
      await abandon(held, outcome, { store, runtime, log: nodeLog });
      return { kind: 'again', without: undefined };
    case 'no-room':
      await held.updateAndRelease(outcome.change);
      return { kind: 'no-room', because: outcome.because, az };
    case 'failed':
      await held.updateAndRelease(outcome.change);
      return { kind: 'failed', error: outcome.error };
    default:
      return assertNever(outcome);
  }
}
