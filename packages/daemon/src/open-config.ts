import { type Config, type LoadOptions, loadConfig, logFindings, watchConfig } from '@nodepool/config';
import { drivers } from '@nodepool/driver-registry';
import type { Clock, Logger } from '@nodepool/runtime';

export interface OpenConfigOptions extends Pick<LoadOptions, 'path' | 'securePath' | 'env' | 'missingZooKeeper'> {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Called when a changed configuration is in use; the next change waits until it is done. */
export type ConfigListener = (config: Config, previous: Config) => Promise<void> | void;

/** The configuration in use. Its files are followed until it is disposed. */
export interface OpenedConfig extends AsyncDisposable {
  current(): Config;
  onChange(listener: ConfigListener): Disposable;
  /** Looks at the files now. */
  check(): void;
}

/**
 * Loads a configuration with all drivers there are, logs what is doubtful in it, and follows its files. A changed file
 * with errors is logged and refused: the last good configuration stays in use.
 *
 * @throws ConfigError when it has errors or cannot be read now.
 */
export async function openConfig({ clock, log, ...rest }: OpenConfigOptions): Promise<OpenedConfig> {
  const options = { ...rest, drivers };
  const initial = await loadConfig(options);
  logFindings(log, initial.findings);
  const listeners = new Set<ConfigListener>();
  const watch = watchConfig({
    ...options,
    clock,
    log,
    initial,
    onChange: async ({ config }, previous) => {
      for (const listener of listeners) await listener(config, previous);
    },
  });
  return {
    current: () => watch.current.config,
    onChange: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    check: () => watch.check(),
    [Symbol.asyncDispose]: () => watch[Symbol.asyncDispose](),
  };
}
