import type { Clock, Decision, Logger, Reconciler } from '@nodepool/runtime';
import type { CachedNode, Store, StoreCaches } from '@nodepool/store';
import type { Turns } from '../requests/turns-taken.js';
import { expiresAtSec } from './decide.js';

export interface ExpiryDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  /** The provider is in this launcher's configuration. */
  readonly isOurs: (provider: string | null) => boolean;
  readonly maxReadyAgeSec: () => ReadonlyMap<string, number>;
  readonly maxHoldAgeSec: () => number;
  readonly turns: Pick<Turns, 'delayMs'>;
  readonly online: () => boolean;
}

/** A node with the time at which it is due. */
export interface Ageing {
  readonly node: CachedNode;
  readonly atSec: number;
}

const sweepMs = 60_000;
const shortestMs = 1_000;

/** Nodes that have been ready, held or half made for too long become `deleting`. */
export class Expiry implements Reconciler<readonly Ageing[], Ageing> {
  readonly name = 'expiry';
  readonly #deps: ExpiryDeps;

  constructor(deps: ExpiryDeps) {
    this.#deps = deps;
  }

  observe(): readonly Ageing[] {
    const { caches, turns, online } = this.#deps;
    if (!online()) return [];
    return (['ready', 'hold', 'init'] as const).flatMap((state) =>
      [...caches.nodes.byState(state)].flatMap((node) => {
        const atSec = this.#expiresAtSec(node.record, node.locked);
        if (atSec === undefined) return [];
        const delayMs = turns.delayMs(node.record.id, node.record.provider);
        return { node, atSec: atSec + delayMs / 1000 };
      }),
    );
  }

  decide(ageing: readonly Ageing[], nowMs: number): Decision<Ageing> {
    const actions = ageing.filter(({ atSec }) => atSec * 1000 <= nowMs);
    // A node that becomes ready after this look is not due before the shortest of the ages has passed.
    const ages = [...this.#deps.maxReadyAgeSec().values()].filter((ageSec) => ageSec > 0);
    const nextMs = Math.min(
      sweepMs,
      ...ages.map((ageSec) => ageSec * 1000),
      ...ageing.filter(({ atSec }) => atSec * 1000 > nowMs).map(({ atSec }) => atSec * 1000 - nowMs),
    );
    return { actions, recheckAfterMs: Math.max(shortestMs, nextMs) };
  }

  async execute({ node }: Ageing): Promise<void> {
    const { store, clock, log } = this.#deps;
    const held = await store.nodes.lock(node.record.id);
    if (held === undefined) return;
    const atSec = this.#expiresAtSec(held.node, false);
    if (atSec === undefined || atSec * 1000 > clock.now()) return held.release();
    log.info({ nodeId: held.id, state: held.node.state }, 'node outlived its time');
    await held.updateAndRelease({ state: 'deleting' });
  }

  #expiresAtSec(node: CachedNode['record'], locked: boolean): number | undefined {
    const { caches, isOurs, maxReadyAgeSec, maxHoldAgeSec } = this.#deps;
    return expiresAtSec({
      node,
      locked,
      ours: isOurs(node.provider),
      maxReadyAgeSec: maxReadyAgeSec(),
      maxHoldAgeSec: maxHoldAgeSec(),
      requestExists: node.allocatedTo !== null && caches.requests.get(node.allocatedTo) !== undefined,
    });
  }
}
