import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The checkout that this file is in, whether run from source or compiled. */
export const checkout = findCheckout(import.meta.dirname);

function findCheckout(folder: string): string {
  return existsSync(join(folder, '.node-version')) ? folder : findCheckout(dirname(folder));
}

/** A Nodepool process of the checkout, run as an operator would. */
export interface Daemon {
  readonly pid: number;
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
  /** Ends it gracefully, and by force after `graceMs`. */
  stop(graceMs?: number): Promise<number | string>;
}

/** Starts `bin/<program>`; its output goes to `logFile`. */
export function startDaemon(
  program: string,
  args: readonly string[],
  logFile: string,
  env: Readonly<Record<string, string>> = {},
): Daemon {
  const log = createWriteStream(logFile, { flags: 'a' });
  const child = spawn(join(checkout, 'bin', program), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  void exited.finally(() => log.end()).catch(() => undefined);
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${program} did not start`);
  return {
    pid,
    process: child,
    exited,
    kill: (signal) => void child.kill(signal),
    stop: async (graceMs = 15_000) => {
      child.kill('SIGINT');
      const force = setTimeout(() => child.kill('SIGKILL'), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(force);
      }
    },
  };
}
