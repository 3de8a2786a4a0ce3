import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, isServerInstalled, serverCommand, serverRole } from '../server/index.js';
import { systemTimers } from '../timers.js';

export interface TestServerOptions {
  /** Kept at the end when given; else a temporary one, removed by `stop`. */
  readonly dataDir?: string;
  /** 0 or absent takes a free one. */
  readonly port?: number;
  /** PEM files; the server then listens with TLS on `tlsPort` too and asks clients for a certificate. */
  readonly tls?: { readonly keyAndCertificateFile: string; readonly caFile: string };
  /** Makes the server one of several, all listed in `peers`; `id` is from 1. */
  readonly ensemble?: { readonly id: number; readonly peers: readonly EnsemblePeer[] };
  /** Greatest request and answer, bytes. */
  readonly maxFrameBytes?: number;
  /** Writes to the disk before answering; false unless given. */
  readonly forceSync?: boolean;
  /** 500 unless given; session timeouts from twice to 120 times this. */
  readonly tickTimeMs?: number;
  /** 128 unless given. */
  readonly heapMiB?: number;
  /** Lets Java spend time on compiling for speed, as a benchmark wants. */
  readonly optimise?: boolean;
}

export interface EnsemblePeer {
  readonly id: number;
  readonly quorumPort: number;
  readonly electionPort: number;
}

/** A real ZooKeeper server on loopback, run from Debian's packages. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
  /** 0 without TLS. */
  readonly tlsPort: number;
  readonly connectString: string;
  readonly tlsConnectString: string;
  readonly dataDir: string;
  /** Undefined while it is not running. */
  readonly pid: number | undefined;
  /** Starts it again, on the same port and data, after `kill`. */
  start(): Promise<void>;
  /** SIGKILL; returns when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  /** Ends it for good and removes temporary files. */
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;

function configText(options: TestServerOptions, dataDir: string, port: number, tlsPort: number): string {
  const tickTimeMs = options.tickTimeMs ?? 500;
  const lines = [
    `dataDir=${dataDir}`,
    'clientPortAddress=127.0.0.1',
    `clientPort=${port}`,
    `tickTime=${tickTimeMs}`,
    `maxSessionTimeout=${tickTimeMs * 120}`,
    'initLimit=60',
    'syncLimit=20',
    'maxClientCnxns=0',
    'admin.enableServer=false',
    '4lw.commands.whitelist=*',
    'extendedTypesEnabled=true',
  ];
  if (options.tls !== undefined) {
    lines.push(
      'secureClientPortAddress=127.0.0.1',
      `secureClientPort=${tlsPort}`,
      'serverCnxnFactory=org.apache.zookeeper.server.NettyServerCnxnFactory',
      'ssl.keyStore.type=PEM',
      `ssl.keyStore.location=${options.tls.keyAndCertificateFile}`,
      'ssl.trustStore.type=PEM',
      `ssl.trustStore.location=${options.tls.caFile}`,
    );
  }
  for (const peer of options.ensemble?.peers ?? []) {
    lines.push(`server.${peer.id}=127.0.0.1:${peer.quorumPort}:${peer.electionPort}`);
  }
  return `${lines.join('\n')}\n`;
}

/** One process of the server and what it has said. */
interface Running {
  readonly child: ChildProcess;
  readonly gone: Promise<unknown>;
  readonly errors: Buffer[];
  readonly onExit: () => void;
}

function launch(options: TestServerOptions, configFile: string): Running {
  const { program, args } = serverCommand({
    configFile,
    heapMiB: options.heapMiB ?? 128,
    tls: options.tls !== undefined,
    ...(options.maxFrameBytes === undefined ? {} : { maxFrameBytes: options.maxFrameBytes }),
    forceSync: options.forceSync === true,
    optimise: options.optimise === true,
  });
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => {
    errors.push(chunk);
    if (errors.length > 100) errors.shift();
  });
  const onExit = (): void => void child.kill('SIGKILL');
  process.once('exit', onExit);
  return { child, gone: once(child, 'exit'), errors, onExit };
}

/** Waits until the port answers; a member of an ensemble counts as up as soon as its process lives. */
async function untilUp(running: Running, port: number): Promise<void> {
  const giveUpAtMs = systemTimers.monotonicMs() + startTimeoutMs;
  while ((await serverRole(port)) === undefined) {
    const exited = running.child.exitCode !== null || running.child.signalCode !== null;
    if (exited || systemTimers.monotonicMs() > giveUpAtMs) {
      throw new Error(`ZooKeeper did not start: ${Buffer.concat(running.errors).toString().slice(-2_000)}`);
    }
    await systemTimers.sleep(25);
  }
}

/**
 * Starts a server and resolves when it answers (a member of an ensemble: when its process runs).
 *
 * @throws Error when Java or Debian's `zookeeper` package is missing, or the server does not come up within a minute.
 */
export async function startZooKeeper(options: TestServerOptions = {}): Promise<TestServer> {
  if (!isServerInstalled()) {
    throw new Error('ZooKeeper is not installed: apt-get install zookeeper');
  }
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'zookeeper-test-')));
  await mkdir(dataDir, { recursive: true });
  const port = options.port === undefined || options.port === 0 ? await freePort() : options.port;
  const tlsPort = options.tls === undefined ? 0 : await freePort();
  const configFile = join(dataDir, 'zoo.cfg');
  await writeFile(configFile, configText(options, dataDir, port, tlsPort));
  if (options.ensemble !== undefined) await writeFile(join(dataDir, 'myid'), String(options.ensemble.id));

  let running: Running | undefined;
  const start = async (): Promise<void> => {
    if (running !== undefined) return;
    running = launch(options, configFile);
    if (options.ensemble === undefined) await untilUp(running, port);
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running === undefined) return;
    const { child, gone, onExit } = running;
    running = undefined;
    process.off('exit', onExit);
    child.kill('SIGCONT');
    child.kill(signal);
    if (child.exitCode === null && child.signalCode === null) await gone;
  };
  const stop = async (): Promise<void> => {
    await end('SIGKILL');
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    port,
    tlsPort,
    connectString: `127.0.0.1:${port}`,
    tlsConnectString: `127.0.0.1:${tlsPort}`,
    dataDir,
    get pid() {
      return running?.child.pid;
    },
    start,
    kill: () => end('SIGKILL'),
    pause: () => void running?.child.kill('SIGSTOP'),
    resume: () => void running?.child.kill('SIGCONT'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
