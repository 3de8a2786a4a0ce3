import { performance } from 'node:perf_hooks';

/** The only source of time; tests advance a fake one. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. For records; it may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never jumps. For durations and deadlines. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/** Seconds since the epoch, the unit of every time in a stored record. */
export function nowSec(clock: Clock): number {
  return clock.now() / 1000;
}

/**
 * A signal that aborts after `ms` on `clock`, or when `signal` does; dispose it to cancel the timer.
 *
 * @param text of the reason when time is up, for a log.
 */
export function deadline(
  clock: Clock,
  ms: number,
  signal?: AbortSignal,
  text = `not done within ${ms} ms`,
): Disposable & { readonly signal: AbortSignal } {
  const timer = new AbortController();
  const cancel = new AbortController();
  clock.sleep(ms, cancel.signal).then(
    () => timer.abort(new DOMException(text, 'TimeoutError')),
    () => undefined,
  );
  return {
    signal: signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]),
    // Nobody sees the reason, and the usual one is an error with its stack.
    [Symbol.dispose]: () => cancel.abort(null),
  };
}

/** Resolves when `signal` aborts; at once when it already has. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
