import type { ExternalId, PoolConfig, PoolLabel } from '@nodepool/driver-api';
import type { NodeRequest, Resources } from '@nodepool/model';
import type { HeldNode, NodeChange } from '@nodepool/store';
import { chooseImage } from '../launches/image.js';
import { Launch } from '../launches/launch.js';
import { newNode } from '../launches/new-node.js';
import { endOrphan } from '../launches/orphan.js';
import type { IdleNode } from '../nodes/decide.js';
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
  | { readonly kind: 'no-room'; readonly because: 'quota' | 'capacity'; readonly az: string | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Takes an idle node, if it still is one. */
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
    if (state !== 'ready' || allocatedTo !== null || !type.includes(label)) {
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
}

/** Creates a record and brings a node up. */
export async function launchNode(plan: LaunchPlan, request: NodeRequest, context: PoolContext): Promise<Acquired> {
  const { runtime, store, log } = context;
  const { pool, label, az, needed, reservation } = plan;
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
    const held = await store.nodes.create(record);
    reservation.recorded();
    plan.onRecorded();
    const nodeLog = log.child(
      { nodeId: held.id, label: label.name },
      `nodepool.StateMachineNodeLauncher.${record.provider}`,
    );
    const outcome = await new Launch({ held, request, pool, label, image, az }, runtime, nodeLog).run();
    switch (outcome.kind) {
      case 'ready':
        nodeLog.info(
          { externalId: outcome.change.externalId, interfaceIp: outcome.change.interfaceIp },
          'launched node',
        );
        return { kind: 'node', held, change: outcome.change, launched: outcome.change.externalId ?? null };
      case 'lost':
        if (outcome.externalId !== null) await endOrphan(held.id, outcome.externalId, { store, runtime, log: nodeLog });
        return { kind: 'again', without: undefined };
      case 'no-room':
        await held.updateAndRelease(outcome.change);
        return { kind: 'no-room', because: outcome.because, az };
      case 'failed':
        await held.updateAndRelease(outcome.change);
        return { kind: 'failed', error: outcome.error };
    }
  } finally {
    reservation.ended();
  }
}
