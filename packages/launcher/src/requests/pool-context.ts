import type { PoolConfig } from '@nodepool/driver-api';
import { addResources } from '@nodepool/model';
import type { Clock, Logger, Random, Tracer } from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import type { UnfinishedNodes } from '../launches/unfinished.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { Room } from '../quota/fit.js';
import type { TenantUse } from '../quota/tenant-use.js';
import type { Tasks } from '../tasks.js';
import type { PoolView } from './decline-reasons.js';
import type { TurnTaker } from './registered-pools.js';

/** What handling a request needs of its pool; the members follow the configuration. */
export interface PoolContext {
  /** Id of the pool worker. */
  readonly id: string;
  readonly runtime: ProviderRuntime;
  readonly pool: PoolConfig;
  readonly view: PoolView;
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly tracer: Tracer;
  /** Idle nodes that a request of this process is about to lock. */
  readonly claimedNodes: Set<string>;
  /** Idle nodes that are about to become `deleting` so that there is room. */
  readonly yieldedNodes: Set<string>;
  readonly tenants: TenantUse;
  /** The worker's own work, which is over soon; launches belong to the provider. */
  readonly tasks: Tasks;
  /** Launches that somebody has left half made. */
  readonly unfinished: UnfinishedNodes;
  registered(): readonly TurnTaker[];
  /** Another launcher serves the same pool of the same provider, and takes turns. */
  hasRivals(): boolean;
  /** No rival comes before us for the node. */
  isOurTurn(nodeId: string): boolean;
}

/** What the pool may use and does, with what was decided and has no record yet. */
export function roomOf({ runtime, pool, view, caches }: PoolContext): Room {
  const { nodes } = caches;
  const { reservations, config } = runtime;
  return {
    providerFigure: view.providerFigure,
    providerUsed: addResources(nodes.usedByProvider(config.name), reservations.ofProvider()),
    poolLimits: pool.limits,
    poolUsed: addResources(nodes.usedByPool(config.name, pool.name), reservations.ofPool(pool.name)),
  };
}
