import { execFile } from 'node:child_process';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { connect } from 'node:net';
import { promisify } from 'node:util';

/** What the checks ask of the machine; every question has an answer, failures included. */
export interface Machine {
  readonly nodeVersion: string;
  /** Whether a command exits with 0. */
  succeeds(command: string, args: readonly string[]): Promise<boolean>;
  isWritable(path: string): Promise<boolean>;
  /** Permission bits; undefined when there is no such file. */
  modeOf(path: string): Promise<number | undefined>;
  /** Space for ordinary users; undefined when the directory cannot be asked. */
  freeMiB(path: string): Promise<number | undefined>;
  read(path: string): Promise<Buffer | undefined>;
  /** Whether somebody listens. */
  isReachable(host: string, port: number): Promise<boolean>;
}

const patienceMs = 5_000;

export function thisMachine(signal: AbortSignal): Machine {
  const run = promisify(execFile);
  return {
    nodeVersion: process.versions.node,
    succeeds: (command, args) => holds(run(command, [...args], { timeout: patienceMs, signal })),
    isWritable: (path) => holds(access(path, constants.R_OK | constants.W_OK)),
    modeOf: (path) => answer(stat(path).then(({ mode }) => mode & 0o777)),
    freeMiB: (path) => answer(statfs(path).then(({ bavail, bsize }) => (bavail * bsize) / 2 ** 20)),
    read: (path) => answer(readFile(path)),
    isReachable: (host, port) =>
      new Promise((resolve) => {
        const socket = connect({ host, port, timeout: patienceMs, signal });
        const end = (isReachable: boolean) => (): void => {
          socket.destroy();
          resolve(isReachable);
        };
        socket.once('connect', end(true)).once('error', end(false)).once('timeout', end(false));
      }),
  };
}

async function holds(work: Promise<unknown>): Promise<boolean> {
  return (await answer(work.then(() => true))) ?? false;
}

/** Why something cannot be had does not matter to a check: it says what to look at. */
async function answer<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch {
    return undefined;
  }
}
