import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  backoffMs,
  type Clock,
  identify,
  isAlive,
  type Logger,
  type ProcessIdentity,
  parseIdentity,
} from '@nodepool/runtime';
import { freePort, serverCommand, serverRole } from '@nodepool/zookeeper/server';
import { StandaloneError } from './errors.js';

export interface ServerOptions {
  /** Holds the data, the configuration, the log and the pid file; made when missing. */
  readonly dataDir: string;
  /** Undefined takes the port used last time, or a free one. */
  readonly port: number | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** A ZooKeeper server on loopback that is started again whenever it ends. */
export interface SupervisedServer {
  readonly port: number;
  /** Ends the server; resolves when it is gone. */
  stop(): Promise<void>;
}

const host = '127.0.0.1';
const heapMiB = 512;
const startTimeoutMs = 60_000;
const stopTimeoutMs = 10_000;
const restartBackoff = { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0 };

/** A server that ran for this long has not failed to start: the next pause is short again. */
const steadyMs = 60_000;

/**
 * Starts the server and resolves when it answers. One that an earlier process left running on the same data is ended first.
 *
 * @throws StandaloneError NP_ZOOKEEPER_FAILED with the end of the server's log.
 */
export async function superviseServer(options: ServerOptions): Promise<SupervisedServer> {
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  await endPredecessor(options);
  const port = options.port ?? (await rememberedPort(options.dataDir));
  await writeFile(join(options.dataDir, 'zoo.cfg'), configText(options.dataDir, port));
  let server = await startServer(options, port);
  const stopping = new AbortController();
  const supervision = (async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const sinceMs = options.clock.monotonicMs();
      await server.gone;
      if (stopping.signal.aborted) return;
      failures = failuresInARow(failures, options.clock.monotonicMs() - sinceMs);
      options.log.error({ port }, 'zookeeper server ended unexpectedly');
      await options.clock.sleep(backoffMs(restartBackoff, failures, 0), stopping.signal).catch(() => undefined);
      if (stopping.signal.aborted) return;
      server = await startServer(options, port).catch((error: unknown) => {
        options.log.error({ error }, 'zookeeper server did not start');
        return { child: undefined, gone: Promise.resolve() };
      });
    }
  })();
  return {
    port,
    stop: async () => {
      stopping.abort();
      await endServer(options.clock, server);
      await supervision;
      // The one that was being started meanwhile.
      await endServer(options.clock, server);
      await rm(pidFile(options.dataDir), { force: true });
    },
  };
}

/** @param ranMs how long the server ran that has just ended. */
export function failuresInARow(before: number, ranMs: number): number {
  return ranMs < steadyMs ? before + 1 : 1;
}

interface Running {
  readonly child: ChildProcess | undefined;
  readonly gone: Promise<void>;
}

async function startServer(options: ServerOptions, port: number): Promise<Running> {
  const { program, args } = serverCommand({ configFile: join(options.dataDir, 'zoo.cfg'), heapMiB });
  const logFile = openSync(join(options.dataDir, 'zookeeper.log'), 'a');
  // A session of its own, so that Ctrl-C on the terminal does not end it before its clients have said good-bye.
  const child = spawn(program, args, { stdio: ['ignore', logFile, logFile], detached: true });
  closeSync(logFile);
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  if (identity !== undefined) await writeFile(pidFile(options.dataDir), JSON.stringify(identity));
  const giveUpAtMs = options.clock.monotonicMs() + startTimeoutMs;
  while ((await serverRole(port)) === undefined) {
    const ended = identity === undefined || !(await isAlive(identity));
    if (ended || options.signal.aborted || options.clock.monotonicMs() > giveUpAtMs) {
      await endProcess(options.clock, identity);
      throw new StandaloneError('NP_ZOOKEEPER_FAILED', await logTail(options.dataDir));
    }
    await options.clock.sleep(50);
  }
  options.log.info({ port }, 'started zookeeper server');
  return { child, gone };
}

async function endPredecessor(options: ServerOptions): Promise<void> {
  const text = await readFile(pidFile(options.dataDir), 'utf8').catch(() => undefined);
  if (text === undefined) return;
  const identity = parseIdentity(text);
  if (identity !== undefined && (await isAlive(identity))) {
    options.log.warn({ pid: identity.pid }, 'ended zookeeper server that an earlier process had left running');
    await endProcess(options.clock, identity);
  }
  await rm(pidFile(options.dataDir), { force: true });
}

async function endServer(clock: Clock, { child }: Running): Promise<void> {
  if (child?.pid !== undefined) await endProcess(clock, await identify(child.pid));
}

/** SIGTERM, then SIGKILL; waits until the process is gone. There is no event for the end of a process that is not ours. */
async function endProcess(clock: Clock, identity: ProcessIdentity | undefined): Promise<void> {
  if (identity === undefined) return;
  const killAtMs = clock.monotonicMs() + stopTimeoutMs;
  let signal: NodeJS.Signals = 'SIGTERM';
  while (await isAlive(identity)) {
    process.kill(identity.pid, signal);
    await clock.sleep(50);
    if (clock.monotonicMs() > killAtMs) signal = 'SIGKILL';
  }
}

/** The port stays the same over restarts, so that what was told to operators stays true. */
async function rememberedPort(dataDir: string): Promise<number> {
  const file = join(dataDir, 'port');
  const known = Number(await readFile(file, 'utf8').catch(() => ''));
  if (Number.isInteger(known) && known > 0) return known;
  const port = await freePort();
  await writeFile(file, String(port));
  return port;
}

function configText(dataDir: string, port: number): string {
  return [
    `dataDir=${join(dataDir, 'data')}`,
    `clientPortAddress=${host}`,
    `clientPort=${port}`,
    'tickTime=1000',
    'maxSessionTimeout=120000',
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=srvr,mntr,ruok',
    'autopurge.snapRetainCount=5',
    'autopurge.purgeInterval=24',
    '',
  ].join('\n');
}

const pidFile = (dataDir: string): string => join(dataDir, 'server.pid');

async function logTail(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, 'zookeeper.log'), 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-5).join('\n') || 'it said nothing';
}
