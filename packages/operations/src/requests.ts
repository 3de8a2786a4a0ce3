import { OperationError } from './errors.js';
import type { OperatorContext } from './operator-context.js';

/**
 * Removes a request that is not fulfilled. One that is fulfilled while this runs leaves ready nodes allocated to nothing,
 * which the launcher takes back into the pool.
 *
 * @throws OperationError NP_REQUEST_UNKNOWN, NP_REQUEST_FULFILLED.
 */
export async function cancelRequest({ store }: OperatorContext, id: string): Promise<void> {
  const request = (await store.requests.get(id))?.record;
  if (request === undefined) throw new OperationError('NP_REQUEST_UNKNOWN', `request ${id} not found`);
  if (request.state === 'fulfilled') {
    throw new OperationError(
      'NP_REQUEST_FULFILLED',
      `request ${id} is fulfilled: ${request.requestor ?? 'its requestor'} gives the nodes back`,
    );
  }
  await store.requests.remove(id);
}
