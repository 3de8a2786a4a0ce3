import type { Clock } from '@nodepool/runtime';
import type { Provider } from '../driver.js';
import { ProviderError } from '../errors.js';
import { interceptProvider, type ProviderCall, type ProviderMethod } from './intercept.js';
import { PausableTimer, PausedTime } from './paused-time.js';

/** Time for one call that is not an upload, milliseconds. A cloud that takes longer counts as not answering. */
export const callTimeoutMs = 120_000;

/** Time to let go of connections, milliseconds: nobody's stop waits longer for a cloud. */
const closeTimeoutMs = 10_000;

/**
 * Ends every call in time, waits for its turn under `rate` left out: with `transient` when the time is up, with the signal's reason when the caller aborts. The
 * driver's own promise is then left behind, so that one which ignores its signal holds nobody up.
 */
export function withDeadline(
  provider: Provider,
  options: { readonly clock: Clock; readonly timeoutMs: (method: ProviderMethod) => number },
): Provider {
  const { clock, timeoutMs } = options;
  const timed = interceptProvider(provider, (call) => inTime(call, timeoutMs(call.method), clock));
  if (provider.close === undefined) return timed;
  const signal = new AbortController().signal;
  const close = { method: 'close', signal, pace: undefined, run: async () => provider.close?.() };
  return { ...timed, close: () => inTime(close, closeTimeoutMs, clock) };
}

/** A call of the provider, or its end, which is none of the calls that policies know. */
type TimedCall<T> = Pick<ProviderCall<T>, 'signal' | 'pace' | 'run'> & { readonly method: string };

async function inTime<T>(call: TimedCall<T>, timeoutMs: number, clock: Clock): Promise<T> {
  call.signal.throwIfAborted();
  const ended = new AbortController();
  const cancelled = new Promise<never>((_resolve, reject) => {
    ended.signal.addEventListener('abort', () => reject(ended.signal.reason), { once: true });
  });
  // One listener that is taken away again: AbortSignal.any would grow with every call on a signal that lives long.
  const onAbort = (): void => ended.abort(call.signal.reason);
  call.signal.addEventListener('abort', onAbort, { once: true });
  const timer = new PausableTimer(clock, timeoutMs, () =>
    ended.abort(new ProviderError('transient', `${call.method}: no answer within ${timeoutMs / 1000} s`)),
  );
  const pace = call.pace === undefined ? undefined : new PausedTime(call.pace, clock, timer).pace;
  timer.resume();
  try {
    return await Promise.race([call.run(ended.signal, pace), cancelled]);
  } finally {
    timer.stop();
    call.signal.removeEventListener('abort', onAbort);
  }
}
