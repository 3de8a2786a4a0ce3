import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';

/** The checkout, seen from `script/dist/lib/demo`. */
export const checkout = join(import.meta.dirname, '../../../..');

/** Where the demo keeps everything, and how the programs find it. */
export interface DemoPlace {
  readonly dataDir: string;
  readonly config: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end and keeps what it prints. */
export function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'], signal });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ code: code ?? 1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
    );
  });
}

/** Runs a command that has to succeed; the error carries what it said. */
export async function mustRun(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, env, signal);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}

/** The `nodepool` command with the demo's configuration, as an operator would type it. */
export function nodepoolArgs(place: DemoPlace, ...args: readonly string[]): readonly string[] {
  return ['-c', place.config, '-s', join(place.dataDir, 'zookeeper.yaml'), ...args];
}

export const nodepool = join(checkout, 'bin/nodepool');

export interface Standalone {
  readonly process: ChildProcess;
  /** Rejects when the process ends before it was told to. */
  readonly died: Promise<never>;
  /** Resolves when it has ended after a graceful stop. */
  stop(): Promise<void>;
}

/** Starts `nodepool standalone`; its log goes to `nodepool.log` in the data directory. */
export function startStandalone(place: DemoPlace): Standalone {
  const log = openSync(join(place.dataDir, 'nodepool.log'), 'a');
  const child = spawn(nodepool, ['-c', place.config, 'standalone', '--data-dir', place.dataDir], {
    env: place.env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  let stopping = false;
  const died = ended.then((result) => {
    if (stopping) return new Promise<never>(() => undefined);
    throw new Error(`nodepool standalone ended early (${result}); its log is ${join(place.dataDir, 'nodepool.log')}`);
  });
  died.catch(() => undefined);
  return {
    process: child,
    died,
    stop: async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGINT');
      await ended;
    },
  };
}
