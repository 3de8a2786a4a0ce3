/** What ended the process from outside. */
export interface Interrupt {
  /** Aborts at the first signal. */
  readonly signal: AbortSignal;
  /** 128 and the number of the signal, as shells have it; undefined while none has come. */
  readonly exitCode: () => number | undefined;
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an abort, so that a command can clean up; the next one has its usual
 * effect.
 */
export function onInterrupt(): Interrupt {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const names = Object.keys(signalNumbers) as (keyof typeof signalNumbers)[];
  const listener = (name: keyof typeof signalNumbers): void => {
    for (const each of names) process.off(each, listener);
    exitCode = 128 + signalNumbers[name];
    controller.abort(new DOMException(`stopped by ${name}`, 'AbortError'));
  };
  for (const name of names) process.on(name, listener);
  return { signal: controller.signal, exitCode: () => exitCode };
}
