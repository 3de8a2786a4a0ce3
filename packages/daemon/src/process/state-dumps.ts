import type { LogFields, Logger } from '@nodepool/runtime';
import type { RootLogger } from '../logging/create-logger.js';
import { readLogConfig } from '../logging/read-log-config.js';
import { register } from './register.js';

/** A logger whose plan can be changed, where its program has one. */
export type ChangeableLogger = Logger & Partial<Pick<RootLogger, 'reconfigure'>>;

/** What a process does when it is asked, by SIGUSR2, what is going on. */
export class StateDumps {
  readonly #log: ChangeableLogger;
  readonly #logConfigPath: string | undefined;
  readonly #describers = new Set<() => LogFields>();

  /** @param logConfigPath file of the option `-l`, read again at each dump. */
  constructor(log: ChangeableLogger, logConfigPath: string | undefined) {
    this.#log = log;
    this.#logConfigPath = logConfigPath;
  }

  /** `describe` is called for each dump, and its answer is written. */
  add(describe: () => LogFields): Disposable {
    return register(this.#describers, describe);
  }

  /** Reads the logging configuration again and writes the state; never rejects. */
  async write(): Promise<void> {
    await this.#rereadLogConfig();
    const log = this.#log.child({}, 'nodepool.stack_dump');
    const { rss, heapUsed } = process.memoryUsage();
    const active = process.getActiveResourcesInfo().length;
    log.info({ uptimeSec: Math.round(process.uptime()), rss, heapUsed, active }, 'dumped the process');
    for (const describe of this.#describers) {
      try {
        log.info(describe(), 'dumped state');
      } catch (error) {
        this.#log.error({ error }, 'failed while handling a signal');
      }
    }
  }

  /** So that levels can be changed in a daemon that runs; a file with errors changes nothing. */
  async #rereadLogConfig(): Promise<void> {
    const log = this.#log;
    if (this.#logConfigPath === undefined || log.reconfigure === undefined) return;
    try {
      const { plan, warnings } = await readLogConfig(this.#logConfigPath);
      log.reconfigure(plan);
      for (const warning of warnings) log.warn({ warning }, 'ignored a logging setting');
    } catch (error) {
      log.warn({ error }, 'refused the logging configuration and kept the last good one');
    }
  }
}
