import { execFile } from 'node:child_process';
import { access, constants, readFile, stat, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ZooKeeperConfig } from '@nodepool/config';
import { askServer, askWeb, type Waiting } from './network.js';

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
  /** What a ZooKeeper server answers to `srvr`: nothing when it may not tell, undefined when nobody listens. */
  serverStatus(host: string, port: number, tls: ZooKeeperConfig['tls']): Promise<string | undefined>;
  /** Asks an address of the web for anything; undefined when nothing comes. */
  ask(url: string): Promise<WebAnswer | undefined>;
}

/** What an answer tells beside its content. */
export interface WebAnswer {
  /** When it came, on our clock. */
  readonly nowMs: number;
  /** How far the clock of the other is ahead of ours; undefined when it does not tell. */
  readonly aheadMs: number | undefined;
  /** When the certificate ends; undefined without one. */
  readonly certificateEndMs: number | undefined;
}

const patienceMs = 5_000;

export function thisMachine(waiting: Waiting): Machine {
  const { signal } = waiting;
  const run = promisify(execFile);
  return {
    nodeVersion: process.versions.node,
    succeeds: (command, args) => holds(run(command, [...args], { timeout: patienceMs, signal })),
    isWritable: (path) => holds(access(path, constants.R_OK | constants.W_OK)),
    modeOf: (path) => answer(stat(path).then(({ mode }) => mode & 0o777)),
    freeMiB: (path) => answer(statfs(path).then(({ bavail, bsize }) => (bavail * bsize) / 2 ** 20)),
    read: (path) => answer(readFile(path)),
    serverStatus: (host, port, tls) => answer(askServer(host, port, tls, waiting)),
    ask: (url) => answer(askWeb(url, waiting)),
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
