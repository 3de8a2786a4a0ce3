import type { LimitedTenant, TurnTaker } from '@nodepool/launcher/decisions';
import type { NodeRequest } from '@nodepool/model';
import type { Random } from '@nodepool/runtime';
import type { CachedRequest } from '@nodepool/store';
import type { Clouds } from '../clouds/clouds.js';
import type { Agenda } from './agenda.js';
import type { Inventory, SimNode } from './inventory.js';

/** How a launch ended, for the count. */
export type LaunchResult = 'ready' | 'failed' | 'aborted';

/** What pools, requests and the standing stock share. */
export interface World {
  readonly agenda: Agenda;
  readonly random: Random;
  readonly clouds: Clouds;
  readonly inventory: Inventory;
  /** Undefined when nothing limits it. */
  tenant(name: string | null): LimitedTenant | undefined;
  /** Every pool as the others see it. */
  registered(): readonly TurnTaker[];
  request(id: string): NodeRequest | undefined;
  /** Replaces a request that is open and tells the pools. */
  requestChanged(request: NodeRequest): void;
  /** Its nodes are there. */
  fulfilled(request: NodeRequest, nodes: readonly SimNode[]): void;
  /** Launches that run in a provider. */
  launches(provider: string): number;
  launchStarted(node: SimNode): void;
  /** Frees the place of a launch, and tells the pools of the provider. */
  launchEnded(node: SimNode, result: LaunchResult): void;
  /** Deletes a node; it takes its room until it is gone. */
  deleteNode(node: SimNode): void;
  nextNodeId(): string;
}

/** A request in the wrapping of the caches, which decisions take it in. */
export function cachedOf(record: NodeRequest): CachedRequest {
  return { record, version: 0, ctimeMs: 0, mtimeMs: 0 };
}
