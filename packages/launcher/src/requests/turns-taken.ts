import { turnDelayMs, turnOf } from '../turns.js';
import type { TurnTaker } from './registered-pools.js';

interface Shares {
  readonly own: readonly number[];
  readonly others: readonly number[];
}

/**
 * Whose turn it is with something that belongs to no request, a node to delete for instance: the launchers that serve
 * its provider take it in turns, those that only serve others come behind all of them.
 */
export class Turns {
  readonly #registered: () => readonly TurnTaker[];
  readonly #isOurs: (poolId: string) => boolean;
  readonly #shares = new Map<string, Shares>();
  #seen: readonly TurnTaker[] = [];

  constructor(registered: () => readonly TurnTaker[], isOurs: (poolId: string) => boolean) {
    this.#registered = registered;
    this.#isOurs = isOurs;
  }

  /**
   * How long to leave something to other launchers, milliseconds; 0 when it is our turn.
   *
   * @param key names the thing: the same text in every launcher.
   * @param provider whose launchers come first; null is any.
   * @param pool likewise.
   * @param maker id of the pool that has made it, which comes before all others while it is registered.
   */
  delayMs(
    key: string,
    provider: string | null = null,
    pool: string | null = null,
    maker: string | null = null,
  ): number {
    if (maker !== null && this.#isOurs(maker)) return 0;
    if (maker !== null && this.#takesTurns(maker)) return turnDelayMs(1) + this.delayMs(key, provider, pool);
    const { own, others } = this.#sharesOf(provider, pool);
    return others.length === 0 ? 0 : turnDelayMs(turnOf(key, own, others));
  }

  #takesTurns(poolId: string): boolean {
    return this.#registered().some(({ id, takesTurns }) => takesTurns && id === poolId);
  }

  /** Another launcher that takes turns serves the pool. */
  isServedElsewhere(provider: string | null, pool: string | null): boolean {
    return this.#sharesOf(provider, pool).others.length > 0;
  }

  #sharesOf(provider: string | null, pool: string | null): Shares {
    const registered = this.#registered();
    if (registered !== this.#seen) {
      this.#seen = registered;
      this.#shares.clear();
    }
    const key = JSON.stringify([provider, pool]);
    const known = this.#shares.get(key);
    if (known !== undefined) return known;
    const able = registered.filter(
      (taker) =>
        taker.takesTurns &&
        (provider === null || taker.provider === provider) &&
        (pool === null || taker.name === pool),
    );
    const shares = {
      own: able.filter(({ id }) => this.#isOurs(id)).map(({ hash }) => hash),
      others: able.filter(({ id }) => !this.#isOurs(id)).map(({ hash }) => hash),
    };
    this.#shares.set(key, shares);
    return shares;
  }
}
