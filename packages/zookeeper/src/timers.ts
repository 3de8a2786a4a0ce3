/** What the recipes need of time; a test passes a clock that it advances itself. */
export interface Sleeper {
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when that comes first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** All that this package knows of time. */
export interface Timers extends Sleeper {
  /** Milliseconds since an arbitrary start; never jumps. */
  monotonicMs(): number;
  /** Milliseconds since the epoch; may jump. */
  wallClockMs(): number;
  /** Calls back once after `ms` milliseconds, unless disposed before. */
  after(ms: number, callback: () => void): Disposable;
  /** Calls back when the input that is ready now has been read. */
  soon(callback: () => void): void;
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
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
  });
}

/** The machine's timers. This is the only file of the package that uses them. */
export const systemTimers: Timers = {
  monotonicMs: () => performance.now(),
  wallClockMs: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  soon: (callback) => void setImmediate(callback),
  sleep,
};
