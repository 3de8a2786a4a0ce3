/** The part of `process` that signals need; tests pass an emitter. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

export interface SignalOptions {
  /** SIGINT and SIGUSR1: stop when what is running has ended. A second SIGINT is like SIGTERM. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** SIGTERM: it must not wait. */
  readonly terminate: (signal: NodeJS.Signals) => void;
  /** SIGUSR2: log what is going on. */
  readonly dump: () => void;
  /** SIGUSR1 stops as well: the launcher's old habit. Without it SIGUSR1 is like SIGTERM. */
  readonly stopOnUsr1: boolean;
}

/** Listens to signals until disposed. */
export function handleSignals(source: SignalSource, options: SignalOptions): Disposable {
  let interrupted = false;
  const listeners: [NodeJS.Signals, () => void][] = [
    [
      'SIGINT',
      () => {
        if (interrupted) options.terminate('SIGINT');
        else options.stop('SIGINT');
        interrupted = true;
      },
    ],
    ['SIGTERM', () => options.terminate('SIGTERM')],
    ['SIGUSR2', options.dump],
  ];
  // Left alone, Node.js would take SIGUSR1 as the order to open a port for debuggers.
  listeners.push(['SIGUSR1', () => (options.stopOnUsr1 ? options.stop('SIGUSR1') : options.terminate('SIGTERM'))]);
  for (const [signal, listener] of listeners) source.on(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const [signal, listener] of listeners) source.off(signal, listener);
    },
  };
}
