import type { PoolComponent } from '@nodepool/model';

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

/** The registry as the decisions read it. */
export function registeredPools(components: Iterable<PoolComponent>): readonly RegisteredPool[] {
  return Array.from(components, (component) => ({
    id: component.id,
    provider: component.providerName,
    labels: new Set(component.supportedLabels),
    priority: component.priority,
    paused: component.paused,
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
