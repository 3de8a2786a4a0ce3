import type { Clock } from '../clock.js';
import type { LogFields, Logger } from '../logger.js';
import type { Random } from '../random.js';

export { type RecordedSpan, recordSpans, spanLines } from './record-spans.js';

interface Sleeper {
  readonly atMs: number;
  readonly resolve: () => void;
}

/** A clock that stands still until told otherwise. */
export class FakeClock implements Clock {
  #nowMs: number;
  #elapsedMs = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(nowMs = 1_000_000) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const sleeper: Sleeper = { atMs: this.#elapsedMs + ms, resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener(
        'abort',
        () => {
          this.#sleepers.delete(sleeper);
          reject(signal.reason);
        },
        { once: true },
      );
    });
  }

  /** How many are asleep: tests await it to know that the code under test has come to rest. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Sets the wall clock without waking anybody, as an administrator or NTP does. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }

  /** Moves time on, waking sleepers in order and letting each of them run before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms;
    await settle();
    for (let next = this.#earliest(endMs); next !== undefined; next = this.#earliest(endMs)) {
      this.#moveTo(Math.max(next.atMs, this.#elapsedMs));
      this.#sleepers.delete(next);
      next.resolve();
      await settle();
    }
    this.#moveTo(endMs);
    await settle();
  }

  #earliest(endMs: number): Sleeper | undefined {
    let found: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.atMs <= endMs && (found === undefined || sleeper.atMs < found.atMs)) found = sleeper;
    }
    return found;
  }

  #moveTo(elapsedMs: number): void {
    this.#nowMs += elapsedMs - this.#elapsedMs;
    this.#elapsedMs = elapsedMs;
  }
}

/** Lets everything that is ready to run come to rest, several rounds of the event loop deep. */
export async function settle(rounds = 10): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: LogFields;
  readonly message: string;
}

/** Keeps what was logged. */
export function recordLog(): Logger & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const make = (context: LogFields): Logger & { readonly lines: readonly LogLine[] } => ({
    lines,
    debug: (fields, message) => void lines.push({ level: 'debug', fields: { ...context, ...fields }, message }),
    info: (fields, message) => void lines.push({ level: 'info', fields: { ...context, ...fields }, message }),
    warn: (fields, message) => void lines.push({ level: 'warn', fields: { ...context, ...fields }, message }),
    error: (fields, message) => void lines.push({ level: 'error', fields: { ...context, ...fields }, message }),
    child: (fields) => make({ ...context, ...fields }),
  });
  return make({});
}

/** A repeatable sequence: mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const hexDigits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(next() * 16).toString(16)).join('');
  return { next, hexId: () => hexDigits(32) };
}
