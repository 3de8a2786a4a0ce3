import { addResources, exceededResources, type Resources } from '@nodepool/model';

/** What one pool may use and does use, building nodes and reservations included. */
export interface Room {
  /** The provider's limits less what others use of the account; undefined when the pool ignores them. */
  readonly providerFigure: Resources | undefined;
  readonly providerUsed: Resources;
  readonly poolLimits: Resources;
  readonly poolUsed: Resources;
}

/**
 * The resources of which a pool has too little left for one more node; empty when it fits.
 *
 * Source: docs/compatibility/launcher.md section 6.3.
 */
export function exceededNow(room: Room, needed: Resources): readonly string[] {
  const byProvider = exceededResources(room.providerFigure ?? {}, room.providerUsed, needed);
  const byPool = exceededResources(room.poolLimits, room.poolUsed, needed);
  return [...new Set([...byProvider, ...byPool])].sort();
}

/** It is the account, not the pool alone, that has no room for one more node. */
export function isProviderFull({ providerFigure, providerUsed }: Room, needed: Resources): boolean {
  return exceededResources(providerFigure ?? {}, providerUsed, needed).length > 0;
}

/** How many nodes of the same need fit; infinite when nothing limits them. */
export function countFitting(room: Room, needed: Resources): number {
  const counts = Object.entries(needed).flatMap(([resource, need]) => {
    if (need <= 0) return [];
    const left = [
      (room.providerFigure?.[resource] ?? Number.POSITIVE_INFINITY) - (room.providerUsed[resource] ?? 0),
      (room.poolLimits[resource] ?? Number.POSITIVE_INFINITY) - (room.poolUsed[resource] ?? 0),
    ];
    return left.map((amount) => Math.max(0, Math.floor(amount / need)));
  });
  return Math.min(Number.POSITIVE_INFINITY, ...counts);
}

/**
 * The resources of which a request needs more than an idle provider and pool have; empty when it can ever fit.
 *
 * Source: docs/compatibility/launcher.md section 6.2.
 */
export function exceededEver(
  room: Pick<Room, 'providerFigure' | 'poolLimits'>,
  needs: readonly Resources[],
): readonly string[] {
  return exceededNow({ ...room, providerUsed: {}, poolUsed: {} }, sumResources(needs));
}

/**
 * The limits of a tenant that a request would break; empty when there are none.
 *
 * @param needs of the labels that the pool has; others are not known here.
 *
 * Source: docs/compatibility/launcher.md section 6.4.
 */
export function exceededForTenant(limits: Resources, used: Resources, needs: readonly Resources[]): readonly string[] {
  return exceededResources(limits, used, sumResources(needs));
}

export function sumResources(vectors: readonly Resources[]): Resources {
  return vectors.reduce<Resources>(addResources, {});
}
