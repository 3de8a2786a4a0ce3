/** A signal that lives as long as one piece of work; dispose it to let go of the signals that it follows. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

/**
 * A signal that aborts when any of `sources` does. `AbortSignal.any` would do, but the sources here live as long as
 * the daemon, and a million short-lived dependants must leave nothing behind in them.
 */
export function linkSignals(...sources: readonly AbortSignal[]): LinkedSignal {
  const controller = new AbortController();
  const listeners = sources.map((source) => {
    const follow = (): void => controller.abort(source.reason);
    if (source.aborted) follow();
    else source.addEventListener('abort', follow, { once: true });
    return () => source.removeEventListener('abort', follow);
  });
  return {
    signal: controller.signal,
    // Without a reason nobody looks at it; the usual one is an error with its stack.
    abort: (reason = null) => controller.abort(reason),
    [Symbol.dispose]: () => {
      for (const remove of listeners) remove();
    },
  };
}
