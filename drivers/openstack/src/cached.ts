import type { CallContext } from '@nodepool/driver-api';
import type { Clock } from '@nodepool/runtime';

/** A value this young is not fetched again because something was missed in it, milliseconds. */
const freshMs = 5000;

interface Entry<T> {
  readonly value: Promise<T>;
  readonly signal: AbortSignal;
  readonly startedMs: number;
}

/** Something of the cloud that hardly changes: fetched once, by one call for all who wait, and kept until cleared. */
export class Cached<T> {
  readonly #fetch: (ctx: CallContext) => Promise<T>;
  readonly #clock: Clock;
  #entry: Entry<T> | undefined;

  constructor(fetch: (ctx: CallContext) => Promise<T>, clock: Clock) {
    this.#fetch = fetch;
    this.#clock = clock;
  }

  async get(ctx: CallContext): Promise<T> {
    for (;;) {
      ctx.signal.throwIfAborted();
      this.#entry ??= this.#start(ctx);
      const entry = this.#entry;
      try {
        return await entry.value;
      } catch (error) {
        // A fetch that ended because the caller who began it gave up says nothing to the others.
        if (!entry.signal.aborted || ctx.signal.aborted) throw error;
      }
    }
  }

  /** For whoever has missed something in the value: a new one, unless it is only seconds old. */
  async renewed(ctx: CallContext): Promise<T> {
    if (this.#entry !== undefined && this.#clock.monotonicMs() - this.#entry.startedMs >= freshMs) this.clear();
    return this.get(ctx);
  }

  clear(): void {
    this.#entry = undefined;
  }

  #start(ctx: CallContext): Entry<T> {
    const entry: Entry<T> = {
      value: this.#fetch(ctx),
      signal: ctx.signal,
      startedMs: this.#clock.monotonicMs(),
    };
    entry.value.catch(() => {
      if (this.#entry === entry) this.#entry = undefined;
    });
    return entry;
  }
}

/** Looks in a cached value, and once more in a new one when it is not there. */
export async function findIn<T, Found>(
  cached: Cached<T>,
  find: (value: T) => Found | undefined,
  ctx: CallContext,
): Promise<Found | undefined> {
  return find(await cached.get(ctx)) ?? find(await cached.renewed(ctx));
}
