import type { Decision, Logger, Reconciler } from '@nodepool/runtime';
import type { CachedRequest, Store, StoreCaches } from '@nodepool/store';

export interface LostRequestsDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly log: Logger;
  /** A worker of this process has the request in hand. */
  readonly handles: (requestId: string) => boolean;
  readonly online: () => boolean;
}

/** While another launcher has requests in hand, whether it still lives is asked this often. */
const foreignMs = 15_000;
const sweepMs = 60_000;
/** How long a node's lock is waited for. */
const nodeLockMs = 1_000;

/** Pending requests whose launcher is gone are requested anew. Source: docs/compatibility/launcher.md section 8. */
export class LostRequests implements Reconciler<readonly CachedRequest[], CachedRequest> {
  readonly name = 'lost-requests';
  readonly #deps: LostRequestsDeps;

  constructor(deps: LostRequestsDeps) {
    this.#deps = deps;
  }

  observe(): readonly CachedRequest[] {
    const { caches, handles, online } = this.#deps;
    if (!online()) return [];
    return [...caches.requests.byState('pending')].filter(({ record }) => !handles(record.id));
  }

  /** Whether a launcher still has it shows only in the attempt to lock it. */
  decide(pending: readonly CachedRequest[]): Decision<CachedRequest> {
    return { actions: pending, recheckAfterMs: pending.length > 0 ? foreignMs : sweepMs };
  }

  async execute({ record: { id } }: CachedRequest): Promise<void> {
    const { store, log, handles } = this.#deps;
    const held = await store.requests.lock(id);
    if (held === undefined) return;
    if (held.request.state !== 'pending' || handles(id)) return held.release();
    await this.#freeNodes(id);
    log.info({ requestId: id, eventId: held.request.eventId }, 'reset request whose launcher is gone');
    await held.updateAndRelease({ state: 'requested', nodes: [] });
  }

  async #freeNodes(requestId: string): Promise<void> {
    const { store, caches } = this.#deps;
    const nodes = [...caches.nodes.allocatedTo(requestId)];
    await Promise.all(
      nodes.map(async ({ record }) => {
        const held = await store.nodes.lock(record.id, { waitMs: nodeLockMs });
        if (held === undefined) return;
        if (held.node.allocatedTo !== requestId) return held.release();
        const state = held.node.state === 'init' ? ({ state: 'deleting' } as const) : {};
        await held.updateAndRelease({ ...state, allocatedTo: null });
      }),
    );
  }
}
