import { isDeepStrictEqual } from 'node:util';
import { assertNever, type Clock, type Logger, type Reconciler, runReconciler, Wakeup } from '@nodepool/runtime';
import { ConfigError } from '../errors.js';
import { type LoadedConfig, type LoadOptions, loadConfig } from '../load.js';
import { logFindings } from '../log-findings.js';
import { versionOf } from '../read-file.js';
import type { Config } from '../types.js';
import { decideWatch, type WatchAction, type WatchView } from './decide.js';
import { directoriesOf, type WatchDirectory, watchDirectory } from './directories.js';

export interface WatchOptions extends LoadOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** What is in use now: the result of {@link loadConfig} with the same options. */
  readonly initial: LoadedConfig;
  /** Told of a configuration that differs from the one in use. The next change waits until this is done. */
  readonly onChange: (loaded: LoadedConfig, previous: Config) => Promise<void> | void;
  readonly versionOf?: (path: string) => Promise<string | undefined>;
  readonly watchDirectory?: WatchDirectory;
}

export interface ConfigWatch extends AsyncDisposable {
  /** The configuration in use. */
  readonly current: LoadedConfig;
  /** Looks at the files now. */
  check(): void;
}

/**
 * Follows the files of a configuration until disposed. A file that has errors is refused: each finding is logged once,
 * and the last good configuration stays in use.
 */
export function watchConfig(options: WatchOptions): ConfigWatch {
  const wakeup = new Wakeup(options.clock);
  const files = new WatchedFiles(options);
  const stop = new AbortController();
  const paths = pathsOf(options);
  const watches = directoriesOf(paths).map((directory) =>
    (options.watchDirectory ?? watchDirectory)(
      directory,
      () => wakeup.mark(),
      (error) => options.log.warn({ directory, error }, 'stopped watching the configuration'),
    ),
  );
  const running = runReconciler(files, { clock: options.clock, log: options.log, wakeup }, stop.signal);
  return {
    get current() {
      return files.current;
    },
    check: () => wakeup.mark(),
    [Symbol.asyncDispose]: async () => {
      for (const watch of watches) watch[Symbol.dispose]();
      stop.abort();
      await running;
    },
  };
}

function pathsOf({ path, securePath }: LoadOptions): readonly string[] {
  return securePath === undefined ? [path] : [path, securePath];
}

class WatchedFiles implements Reconciler<WatchView, WatchAction> {
  readonly name = 'config-watch';
  current: LoadedConfig;
  readonly #options: WatchOptions;
  readonly #paths: readonly string[];
  #handled: readonly (string | undefined)[];
  #seen: readonly (string | undefined)[];
  #seenSinceMs: number;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#paths = pathsOf(options);
    this.current = options.initial;
    this.#handled = versionsOf(options.initial, this.#paths);
    this.#seen = this.#handled;
    this.#seenSinceMs = options.clock.monotonicMs();
  }

  async observe(): Promise<WatchView> {
    const read = this.#options.versionOf ?? versionOf;
    const versions = await Promise.all(this.#paths.map((path) => read(path)));
    const nowMs = this.#options.clock.monotonicMs();
    if (!isDeepStrictEqual(versions, this.#seen)) {
      this.#seen = versions;
      this.#seenSinceMs = nowMs;
    }
    return { versions, handled: this.#handled, stableForMs: nowMs - this.#seenSinceMs };
  }

  decide(view: WatchView) {
    return decideWatch(view);
  }

  async execute(action: WatchAction): Promise<void> {
    switch (action.kind) {
      case 'reload':
        return this.#reload(action.versions);
      case 'report-missing':
        return this.#reportMissing(action.versions);
      default:
        return assertNever(action);
    }
  }

  #reportMissing(versions: readonly (string | undefined)[]): void {
    this.#handled = versions;
    const missing = this.#paths.filter((_path, index) => versions[index] === undefined);
    this.#options.log.error({ missing }, 'missed a file and kept the last good configuration');
  }

  async #reload(versions: readonly (string | undefined)[]): Promise<void> {
    const { log, onChange } = this.#options;
    const loaded = await this.#load(versions);
    if (loaded === undefined) return;
    // What was read may be newer than what was looked at.
    this.#handled = versionsOf(loaded, this.#paths);
    const { config: previous } = this.current;
    this.current = loaded;
    if (isDeepStrictEqual(previous, loaded.config)) return;
    logFindings(log, loaded.findings);
    log.info({ path: this.#options.path }, 'loaded a changed configuration');
    await onChange(loaded, previous);
  }

  async #load(versions: readonly (string | undefined)[]): Promise<LoadedConfig | undefined> {
    const { log } = this.#options;
    try {
      return await loadConfig(this.#options);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#handled = versions;
      logFindings(log, error.findings);
      log.error({ path: this.#options.path }, 'refused the configuration and kept the last good one');
      return undefined;
    }
  }
}

function versionsOf(loaded: LoadedConfig, paths: readonly string[]): readonly (string | undefined)[] {
  return paths.map((path) => loaded.files.find((file) => file.path === path)?.version);
}
