import { errorText, type Logger } from '@nodepool/runtime';
import type { Store } from '@nodepool/store';
import { refuse } from './decide.js';
import type { RegisteredPool } from './registered-pools.js';

/**
 * Refuses a request that nobody of ours has taken: tests 13 to 15 of docs/compatibility/launcher.md section 2.
 *
 * @returns false when another had locked it: worth another look.
 */
export async function declineRequest(
  id: string,
  reasons: readonly string[],
  pool: { readonly id: string; readonly store: Store; readonly log: Logger; registered(): readonly RegisteredPool[] },
): Promise<boolean> {
  const log = pool.log.child({ requestId: id });
  const held = await pool.store.requests.lock(id);
  if (held === undefined) return false;
  try {
    const change = refuse(held.request, pool.id, pool.registered());
    const isNew = change.state === 'failed' || !held.request.declinedBy.includes(pool.id);
    if (held.request.state !== 'requested' || !isNew) {
      await held.release();
      return true;
    }
    log.info({ reasons, state: change.state, eventId: held.request.eventId }, 'declined request');
    await held.updateAndRelease(change);
  } catch (error) {
    log.info({ error: errorText(error) }, 'request vanished before it was declined');
  }
  return true;
}
