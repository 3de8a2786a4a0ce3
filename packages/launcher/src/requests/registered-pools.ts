import type { PoolComponent } from '@nodepool/model';
import { textHash } from '../turns.js';

/** What deciding about a request needs to know of a pool worker, its own or another launcher's. */
export interface RegisteredPool {
  /** The id used in `declined_by`. */
  readonly id: string;
  readonly provider: string | null;
  readonly labels: ReadonlySet<string>;
  /** Lower is preferred. */
  readonly priority: number;
  readonly paused: boolean;
}

/** A pool with what tells whose turn it is. */
export interface TurnTaker extends RegisteredPool {
  readonly name: string | null;
  /** It leaves things to whose turn it is; those of the original do not. */
  readonly takesTurns: boolean;
  /** Of the id, for {@link turnOf}. */
  readonly hash: number;
}

/** The registry as the decisions read it. */
export function registeredPools(components: Iterable<PoolComponent>): readonly TurnTaker[] {
  return Array.from(components, (component) => ({
    id: component.id,
    name: component.name,
    provider: component.providerName,
    labels: new Set(component.supportedLabels),
    priority: component.priority,
    paused: component.paused,
    takesTurns: component.takesTurns === true,
    hash: textHash(component.id),
  }));
}

/** True when nothing that concerns pools other than `ownId` differs. */
export function samePools(
  left: readonly RegisteredPool[],
  right: readonly RegisteredPool[],
  ownId: string | undefined,
): boolean {
  const others = (pools: readonly RegisteredPool[]): string =>
    JSON.stringify(
      pools
        .filter(({ id }) => id !== ownId)
        .map((pool) => [pool.id, pool.provider, [...pool.labels].sort(), pool.priority, pool.paused])
        .sort(),
    );
  return others(left) === others(right);
}
