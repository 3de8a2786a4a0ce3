import { addResources, type Resources, subtractResources } from '@nodepool/model';

/** A place taken for a node that is decided on. */
export interface Reservation {
  /** The node has a record, which counts from now on. */
  recorded(): void;
  /** The launch is over, however it went. */
  ended(): void;
}

/**
 * What was decided and is not in any record yet, so that two decisions cannot spend the same quota, and how many
 * launches of one provider run.
 */
export class Reservations {
  #provider: Resources = {};
  readonly #pools = new Map<string, Resources>();
  #launches = 0;
  readonly #onReleased: () => void;

  /** @param onReleased called when room may have appeared. */
  constructor(onReleased: () => void) {
    this.#onReleased = onReleased;
  }

  /** Launches that run or are about to. */
  get launches(): number {
    return this.#launches;
  }

  ofProvider(): Resources {
    return this.#provider;
  }

  ofPool(pool: string): Resources {
    return this.#pools.get(pool) ?? {};
  }

  take(pool: string, needed: Resources): Reservation {
    this.#provider = addResources(this.#provider, needed);
    this.#pools.set(pool, addResources(this.ofPool(pool), needed));
    this.#launches += 1;
    let reserved = true;
    let running = true;
    const recorded = (): void => {
      if (!reserved) return;
      reserved = false;
      this.#provider = subtractResources(this.#provider, needed);
      this.#pools.set(pool, subtractResources(this.ofPool(pool), needed));
    };
    const ended = (): void => {
      recorded();
      if (!running) return;
      running = false;
      this.#launches -= 1;
      this.#onReleased();
    };
    return { recorded, ended };
  }
}
