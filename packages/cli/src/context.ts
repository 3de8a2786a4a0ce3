import { once as event } from 'node:events';
import { hostname, userInfo } from 'node:os';
import type { Config, ZooKeeperConfig } from '@nodepool/config';
import { errorCode, systemClock, systemRandom } from '@nodepool/runtime';
import { ask } from './ask.js';
import { isDrawable, wantsColours } from './colours.js';
import type { CommandContext, GlobalOptions } from './command.js';
import type { Screen } from './watch/canvas.js';

/** The context of a real run: this machine, its terminal, and what the options name. */
export function openContext(
  options: GlobalOptions,
  version: string,
  signal: AbortSignal,
): CommandContext & AsyncDisposable {
  const resources = new AsyncDisposableStack();
  const operator = `${userName()}@${hostname()}`;
  const log = once(async () => {
    const { createLogger, defaultPlan, readLogConfig } = await import('@nodepool/daemon/logging');
    const plan =
      options.logging === undefined || options.debug
        ? defaultPlan(options.debug ? 'cli-debug' : 'cli', {})
        : (await readLogConfig(options.logging)).plan;
    return resources.use(createLogger({ plan, clock: systemClock }));
  });
  const config = once(() => loadConfig(options));
  const connection = once(async () => {
    const { openDaemonStore } = await import('@nodepool/daemon/store');
    const opened = await openDaemonStore({
      zookeeper: (await readSettings(options)) ?? (await config()).zookeeper,
      clock: systemClock,
      random: systemRandom,
      log: await log(),
      identifier: operator,
      signal,
    });
    return resources.use(opened);
  });
  return {
    options,
    clock: systemClock,
    random: systemRandom,
    operator,
    version,
    env: process.env,
    colours: wantsColours(process.env, process.stdout.isTTY === true),
    screen: isDrawable(process.env, process.stdout.isTTY === true) ? terminal() : undefined,
    signal,
    drained: async () => {
      if (process.stdout.writableNeedDrain) await event(process.stdout, 'drain', { signal });
    },
    print: (text) => void process.stdout.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`nodepool: warning: ${text}\n`),
    ask: (question) => ask(question, signal),
    log,
    config,
    configuredNames: async () => {
      const { readConfiguredNames } = await import('@nodepool/config/names');
      return await readConfiguredNames({ path: options.config, env: process.env });
    },
    store: async () => (await connection()).store,
    zookeeper: async () => (await connection()).zk,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function terminal(): Screen {
  const { stdout } = process;
  return {
    // Some terminals say that they have no rows at all.
    rows: () => stdout.rows || undefined,
    write: (text) => void stdout.write(text),
    onResize: (listener) => {
      stdout.on('resize', listener);
      return { [Symbol.dispose]: () => void stdout.off('resize', listener) };
    },
  };
}

async function readSettings({ config: path, secure }: GlobalOptions): Promise<ZooKeeperConfig | undefined> {
  const { readZooKeeperSettings } = await import('@nodepool/config/zookeeper');
  return await readZooKeeperSettings({ path, securePath: secure, env: process.env });
}

async function loadConfig({ config: path, secure }: GlobalOptions): Promise<Config> {
  const [config, { drivers }] = await Promise.all([import('@nodepool/config'), import('@nodepool/driver-registry')]);
  const loaded = await config.loadConfig({ path, securePath: secure, drivers, env: process.env });
  return loaded.config;
}

function once<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}

/** The name of the user; the number where the system knows no name for it. */
function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    if (errorCode(error) !== 'ERR_SYSTEM_ERROR') throw error;
    return String(process.getuid?.() ?? 'unknown');
  }
}
