import type { NodeRequest } from '@nodepool/model';
import { turnOf } from '../turns.js';
import { candidatePools } from './decide.js';
import type { TurnTaker } from './registered-pools.js';

/**
 * How many pools come before `ownId` for a request that each of them could serve as well: same priority, not waiting
 * for room, and of the provider that the request prefers where one of those can serve it. One event then wakes one
 * pool, and pools of equal priority get equal shares.
 *
 * @returns 0 for a pool that is alone, or that is not registered itself.
 */
export function requestTurn(request: NodeRequest, ownId: string, registered: readonly TurnTaker[]): number {
  if (registered.length < 2) return 0;
  const own = registered.find(({ id }) => id === ownId);
  if (own === undefined) return 0;
  const able = candidatePools(request, registered).filter(
    (pool) => pool === own || (pool.takesTurns && !pool.paused && pool.priority === own.priority),
  );
  const preferred = able.filter(({ provider }) => provider === request.provider);
  const rivals = preferred.length > 0 ? preferred : able;
  return turnOf(
    request.id,
    [own.hash],
    rivals.filter((pool) => pool !== own).map(({ hash }) => hash),
  );
}
