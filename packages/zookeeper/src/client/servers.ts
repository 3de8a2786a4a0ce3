import type { Random } from '../random.js';
import type { ServerAddress } from './connect-string.js';

const firstPauseMs = 50;
const longestPauseMs = 1_000;
/** A connection that lived shorter than this has failed, too. */
const provenAfterMs = 1_000;

/** Which server to try next, and after which pause: each once without any, then with pauses that grow. */
export class ServerRotation {
  #servers: readonly ServerAddress[];
  readonly #random: Random;
  #next = 0;
  #failures = 0;

  constructor(servers: readonly ServerAddress[], random: Random) {
    this.#servers = shuffled(servers, random);
    this.#random = random;
  }

  /** From the next try on. */
  replace(servers: readonly ServerAddress[]): void {
    this.#servers = shuffled(servers, this.#random);
    this.#next = 0;
    this.#failures = 0;
  }

  next(): ServerAddress {
    const server = this.#servers[this.#next % this.#servers.length];
    if (server === undefined) throw new RangeError('a rotation needs a server');
    this.#next += 1;
    return server;
  }

  /**
   * Milliseconds to wait before the next try.
   *
   * @param livedMs how long the last connection was of use; 0 when it never was.
   */
  pauseMs(livedMs: number): number {
    if (livedMs >= provenAfterMs) this.#failures = 0;
    else this.#failures += 1;
    const rounds = Math.floor(this.#failures / this.#servers.length);
    if (rounds === 0) return 0;
    const fullMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(rounds - 1, 16));
    return fullMs * (1 - 0.5 * this.#random.next());
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const drawn = items.map((item) => ({ item, order: random.next() }));
  return drawn.sort((a, b) => a.order - b.order).map(({ item }) => item);
}
