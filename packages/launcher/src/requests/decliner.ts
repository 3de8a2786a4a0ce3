import { Semaphore } from '@nodepool/runtime';
import { refuse } from './decide.js';
import type { PoolContext } from './pool-context.js';

type DecliningPool = Pick<PoolContext, 'id' | 'pool' | 'runtime' | 'store' | 'log' | 'tasks' | 'registered'>;

const atOnce = 16;

/** Refuses requests in the name of one pool, each once at a time. */
export class Decliner {
  readonly #pool: DecliningPool;
  readonly #onMissed: (id: string) => void;
  readonly #declining = new Set<string>();
  readonly #places = new Semaphore(atOnce);

  /** @param onMissed called when the request could not be refused now: somebody had its lock. */
  constructor(pool: DecliningPool, onMissed: (id: string) => void) {
    this.#pool = pool;
    this.#onMissed = onMissed;
  }

  decline(id: string, reasons: readonly string[]): void {
    if (this.#declining.has(id)) return;
    this.#declining.add(id);
    const { tasks, log } = this.#pool;
    tasks.start('declining a request', async () => {
      try {
        const done = await this.#places.run(() => declineRequest(id, reasons, this.#pool));
        if (!done) this.#onMissed(id);
      } catch (error) {
        log.warn({ requestId: id, error }, 'declining request failed');
        this.#onMissed(id);
      } finally {
        this.#declining.delete(id);
      }
    });
  }
}

/**
 * Refuses a request that nobody of ours has taken: tests 13 to 15 of docs/compatibility/launcher.md section 2.
 *
 * @returns false when another had locked it: worth another look.
 */
async function declineRequest(id: string, reasons: readonly string[], pool: DecliningPool): Promise<boolean> {
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
    const answer = change.state === 'failed' ? 'failed' : 'declined';
    pool.runtime.requestMetrics.answered(held.request, pool.pool.name, answer);
  } catch (error) {
    log.info({ error }, 'request vanished before it was declined');
  }
  return true;
}
