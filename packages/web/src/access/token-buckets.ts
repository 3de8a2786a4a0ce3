/** How often somebody may do something. */
export interface Allowance {
  /** At once, after a rest. */
  readonly burst: number;
  readonly perSecond: number;
}

interface Bucket {
  level: number;
  atMs: number;
}

/** One bucket for each caller; a caller that is not heard of for long is forgotten, which is the same as a full bucket. */
export class TokenBuckets {
  readonly #allowance: Allowance;
  readonly #maxCallers: number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param maxCallers callers that are told apart; beyond that the one that was longest silent is forgotten. */
  constructor(allowance: Allowance, maxCallers = 10_000) {
    this.#allowance = allowance;
    this.#maxCallers = maxCallers;
  }

  /** Takes one; 0 when there was one, or after how many milliseconds there will be. */
  take(caller: string, nowMs: number): number {
    const waitMs = this.wait(caller, nowMs);
    if (waitMs > 0) return waitMs;
    const level = this.#level(caller, nowMs) - 1;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { level, atMs: nowMs });
    const oldest = this.#buckets.size > this.#maxCallers ? this.#buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return 0;
  }

  /** As {@link take}, taking nothing. */
  wait(caller: string, nowMs: number): number {
    const level = this.#level(caller, nowMs);
    return level >= 1 ? 0 : Math.ceil(((1 - level) / this.#allowance.perSecond) * 1000);
  }

  get size(): number {
    return this.#buckets.size;
  }

  #level(caller: string, nowMs: number): number {
    const { burst, perSecond } = this.#allowance;
    const bucket = this.#buckets.get(caller);
    if (bucket === undefined) return burst;
    return Math.min(burst, bucket.level + ((nowMs - bucket.atMs) / 1000) * perSecond);
  }
}
