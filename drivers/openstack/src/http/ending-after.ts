import type { Clock } from '@nodepool/runtime';

/**
 * A signal that aborts with `outer`, or after `ms` on `clock`. Dispose it to let go of both: unlike AbortSignal.any it
 * leaves nothing behind on a signal that lives for long.
 *
 * @param ms undefined is never.
 */
export function endingAfter(
  clock: Clock,
  ms: number | undefined,
  outer: AbortSignal,
): Disposable & { readonly signal: AbortSignal } {
  const ended = new AbortController();
  const timer = new AbortController();
  const onAbort = (): void => ended.abort(outer.reason);
  if (outer.aborted) onAbort();
  else outer.addEventListener('abort', onAbort, { once: true });
  if (ms !== undefined) {
    clock.sleep(ms, timer.signal).then(
      () => ended.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError')),
      () => undefined,
    );
  }
  return {
    signal: ended.signal,
    [Symbol.dispose]: () => {
      timer.abort();
      outer.removeEventListener('abort', onAbort);
    },
  };
}
