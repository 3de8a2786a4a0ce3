import { backoffMs, type Clock, type Random, type RetryPolicy } from '@nodepool/runtime';

interface Delay {
  readonly circumstances: string;
  readonly failures: number;
  readonly untilMs: number;
}

/** Growing delays after failures, by key. New circumstances (another configuration, another request) end a delay. */
export class Delays {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #policy: Omit<RetryPolicy, 'attempts'>;
  readonly #delays = new Map<string, Delay>();

  constructor(clock: Clock, random: Random, policy: Omit<RetryPolicy, 'attempts'>) {
    this.#clock = clock;
    this.#random = random;
    this.#policy = policy;
  }

  /** @returns milliseconds until the next try. */
  failed(key: string, circumstances: string): number {
    const before = this.#delays.get(key);
    const failures = before?.circumstances === circumstances ? before.failures + 1 : 1;
    const delayMs = backoffMs(this.#policy, failures, this.#random.next());
    this.#delays.set(key, { circumstances, failures, untilMs: this.#clock.monotonicMs() + delayMs });
    return delayMs;
  }

  succeeded(key: string): void {
    this.#delays.delete(key);
  }

  /**
   * Milliseconds left; 0 when it may be tried now.
   *
   * @param circumstances asked for only when there is a delay.
   */
  remainingMs(key: string, circumstances: () => string): number {
    const delay = this.#delays.get(key);
    if (delay === undefined || delay.circumstances !== circumstances()) return 0;
    return Math.max(0, delay.untilMs - this.#clock.monotonicMs());
  }

  /** Forgets what is no longer configured. */
  retain(isKnown: (key: string) => boolean): void {
    for (const key of this.#delays.keys()) if (!isKnown(key)) this.#delays.delete(key);
  }

  list(): readonly { readonly what: string; readonly failures: number; readonly inMs: number }[] {
    const now = this.#clock.monotonicMs();
    return [...this.#delays]
      .filter(([, { untilMs }]) => untilMs > now)
      .map(([what, { failures, untilMs }]) => ({ what, failures, inMs: Math.round(untilMs - now) }));
  }
}
