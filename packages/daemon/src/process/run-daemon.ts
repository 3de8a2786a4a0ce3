import { homedir } from 'node:os';
import { type Clock, errorText, type LogFields, type Random, systemClock, systemRandom } from '@nodepool/runtime';
import { createLogger, type RootLogger } from '../logging/create-logger.js';
import { defaultPlan, type LogPlan } from '../logging/log-plan.js';
import { readLogConfig } from '../logging/read-log-config.js';
import { type DaemonOptions, type DaemonProgram, daemonPrograms, parseDaemonOptions } from './daemon-options.js';
import { detach, detachedParent, detachedVariable } from './detach.js';
import { type HostIdentity, hostIdentity } from './host-identity.js';
import { takePidFile } from './pid-file.js';
import { register } from './register.js';
import { handleSignals } from './signals.js';
import { StateDumps } from './state-dumps.js';

/** What a daemon's program gets to run with. */
export interface DaemonContext {
  readonly options: DaemonOptions;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: RootLogger;
  readonly host: HostIdentity;
  /** Aborts when the daemon is to stop in good order; its reason is the name of the signal. */
  readonly signal: AbortSignal;
  /** What SIGUSR2 writes to the log besides. */
  onDump(describe: () => LogFields): Disposable;
  /** Called before SIGTERM ends the process at once; what it returns is waited for, for half a second at most. */
  onTerminate(callback: () => Promise<void> | void): Disposable;
}

export interface DaemonSpec {
  readonly program: DaemonProgram;
  readonly version: string;
  /** Runs until `context.signal` aborts and everything is put away. */
  readonly main: (context: DaemonContext) => Promise<void>;
  /** How long to wait for the holder of the pid file, milliseconds; 10 s unless given. */
  readonly pidFileWaitMs?: number;
}

/** How long what ends with the process may take, milliseconds. */
const farewellMs = 500;

/** Which of the two ends SIGTERM has. Source: docs/compatibility/interfaces.md section 1.2. */
const endsBySignal: Readonly<Record<DaemonProgram, boolean>> = { 'nodepool-launcher': false, 'nodepool-builder': true };

/**
 * The whole life of a daemon: options, detaching, log, pid file, signals, and `main` in the middle. Resolves with the
 * exit status when the process may end: pass it to `process.exit`.
 */
export async function runDaemon(spec: DaemonSpec): Promise<number> {
  const parsed = parseDaemonOptions(spec.program, process.argv.slice(2), {
    cwd: process.cwd(),
    home: homedir(),
    version: spec.version,
  });
  if (parsed.kind === 'exit') {
    process.stdout.write(parsed.stdout);
    process.stderr.write(parsed.stderr);
    return parsed.exitCode;
  }
  const isDetached = process.env[detachedVariable] !== undefined;
  return parsed.options.foreground || isDetached ? live(spec, parsed.options, isDetached) : startDetached(spec.program);
}

async function startDetached(program: DaemonProgram): Promise<number> {
  try {
    await detach({
      execPath: process.execPath,
      args: [...process.execArgv, ...process.argv.slice(1)],
      env: process.env,
      clock: systemClock,
    });
    return 0;
  } catch (error) {
    process.stderr.write(`${program}: ${errorText(error)}\n`);
    return 1;
  }
}

/** In the process that is the daemon, in the foreground or detached. */
async function live(spec: DaemonSpec, options: DaemonOptions, isDetached: boolean): Promise<number> {
  const parent = detachedParent();
  try {
    if (isDetached) leaveSurroundings();
    const { plan, warnings } = await logPlan(spec.program, options, isDetached);
    using log = createLogger({ plan, clock: systemClock });
    for (const warning of warnings) log.warn({ warning }, 'ignored a logging setting');
    return await runLogged(spec, options, log, isDetached ? parent.started : undefined);
  } catch (error) {
    const text = errorText(error);
    process.stderr.write(`${spec.program}: ${text}\n`);
    await parent.failed(text);
    return 1;
  }
}

/** What python-daemon did: no directory is kept busy, files are made as usual, our children are ordinary daemons' children. */
function leaveSurroundings(): void {
  delete process.env[detachedVariable];
  process.chdir('/');
  process.umask(0o022);
}

async function logPlan(
  program: DaemonProgram,
  options: DaemonOptions,
  isDetached: boolean,
): Promise<{ readonly plan: LogPlan; readonly warnings: readonly string[] }> {
  if (options.logConfigPath !== undefined) return readLogConfig(options.logConfigPath);
  const file = `/var/log/nodepool/${daemonPrograms[program].appName}.log`;
  const mode = isDetached ? 'daemon' : options.debug ? 'debug' : 'foreground';
  return { plan: defaultPlan(mode, { file }), warnings: [] };
}

/** @param started undefined in the foreground, where there is no pid file. */
async function runLogged(
  spec: DaemonSpec,
  options: DaemonOptions,
  log: RootLogger,
  started: (() => void) | undefined,
): Promise<number> {
  const stop = new AbortController();
  const dumps = new StateDumps(log, options.logConfigPath);
  const farewells = new Set<() => Promise<void> | void>();
  using resources = new DisposableStack();
  const terminate = async (signal: NodeJS.Signals): Promise<void> => {
    await sayFarewell(farewells, log);
    log.info({ signal }, 'ended at once');
    log.flush();
    resources.dispose();
    if (endsBySignal[spec.program]) process.kill(process.pid, signal);
    else process.exit(0);
  };
  resources.use(
    handleSignals(process, {
      stop: (signal) => {
        log.info({ signal }, 'began to stop');
        stop.abort(signal);
      },
      terminate: (signal) => void terminate(signal),
      dump: () => void dumps.write(),
      stopOnUsr1: spec.program === 'nodepool-launcher',
    }),
  );
  resources.use(endOnMistakes(log));
  if (started !== undefined) {
    const wait = spec.pidFileWaitMs === undefined ? {} : { waitMs: spec.pidFileWaitMs };
    const take = { path: options.pidPath, pid: process.pid, clock: systemClock, signal: stop.signal, ...wait };
    resources.use(await takePidFile(take));
    started();
  }
  try {
    await spec.main({
      options,
      version: spec.version,
      env: process.env,
      clock: systemClock,
      random: systemRandom,
      log,
      host: await hostIdentity(systemClock),
      signal: stop.signal,
      onDump: (describe) => dumps.add(describe),
      onTerminate: (callback) => register(farewells, callback),
    });
    log.info({}, 'stopped');
    return 0;
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 0;
    log.error({ error }, 'could not go on');
    if (started === undefined) process.stderr.write(`${spec.program}: ${errorText(error)}\n`);
    return 1;
  }
}

/** Waits only where there is something to wait for. */
async function sayFarewell(farewells: ReadonlySet<() => Promise<void> | void>, log: RootLogger): Promise<void> {
  const pending: Promise<void>[] = [];
  for (const farewell of farewells) {
    attempt(() => {
      const work = farewell();
      if (work !== undefined) pending.push(work.catch((error: unknown) => log.error({ error }, 'failed while ending')));
    }, log);
  }
  if (pending.length > 0) await Promise.race([Promise.all(pending), systemClock.sleep(farewellMs)]);
}

function attempt(work: () => void, log: RootLogger): void {
  try {
    work();
  } catch (error) {
    log.error({ error }, 'failed while handling a signal');
  }
}

/** An error that nobody caught leaves the process in an unknown state: it is logged, and the process ends. */
function endOnMistakes(log: RootLogger): Disposable {
  const end = (error: unknown): void => {
    log.error({ error }, 'ended by an error that nobody caught');
    log.flush();
    process.exit(1);
  };
  process.on('uncaughtException', end);
  return { [Symbol.dispose]: () => void process.off('uncaughtException', end) };
}
