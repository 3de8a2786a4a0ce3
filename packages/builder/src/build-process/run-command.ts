import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, errorCode } from '@nodepool/runtime';
import { findFamily, killFamily, signalAll } from './process-family.js';

/** How a command ended. Whatever it had started has ended too, unless `survivors` names it. */
export type CommandResult =
  | { readonly kind: 'exited'; readonly code: number; readonly survivors: readonly number[] }
  | { readonly kind: 'timed-out'; readonly survivors: readonly number[] }
  | { readonly kind: 'called-off'; readonly survivors: readonly number[] }
  | { readonly kind: 'not-started'; readonly code: string; readonly error: unknown };

export interface CommandOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Descriptor that takes both stdout and stderr, in the order in which they are written. */
  readonly outputFd: number;
  /** `NAME=value` of `env` that no other command has. */
  readonly marker: string;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  readonly clock: Clock;
  readonly onStarted: (pid: number) => Promise<void>;
}

/** Runs a command in a session of its own until it ends, its time is up or `signal` aborts. Never rejects. */
export async function runCommand(options: CommandOptions, signal: AbortSignal): Promise<CommandResult> {
  if (signal.aborted) return { kind: 'called-off', survivors: [] };
  const started = await start(options);
  if ('error' in started) return { kind: 'not-started', code: errorCode(started.error) ?? 'unknown', ...started };
  const { child, pid, exited } = started;
  await options.onStarted(pid).catch(() => undefined);
  const cause = await firstOf(exited, options, signal);
  if (cause !== 'exited') await endPolitely(pid, exited, options);
  const survivors = await killFamily({ leader: pid, marker: options.marker }, (ms) => options.clock.sleep(ms));
  const survivorPids = survivors.map((entry) => entry.pid);
  if (cause !== 'exited') return { kind: cause, survivors: survivorPids };
  return { kind: 'exited', code: exitCode(child), survivors: survivorPids };
}

async function start({
  file,
  args,
  env,
  outputFd,
}: CommandOptions): Promise<
  | { readonly child: ChildProcess; readonly pid: number; readonly exited: Promise<unknown> }
  | { readonly error: unknown }
> {
  try {
    const child = spawn(file, args, { env: { ...env }, detached: true, stdio: ['ignore', outputFd, outputFd] });
    const exited = exitOf(child);
    return child.pid === undefined ? { error: await exited } : { child, pid: child.pid, exited };
  } catch (error) {
    // Some refusals, such as arguments that are too long, are thrown and not reported.
    return { error };
  }
}

/** Resolves when the child was reaped, or with the error that kept it from starting. */
function exitOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve(undefined));
    child.once('error', resolve);
  });
}

/** As Python tells it: the signal's number, negated, for a process that a signal ended. */
function exitCode(child: ChildProcess): number {
  return child.exitCode ?? -(signalNumbers[child.signalCode ?? ''] ?? 1);
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

async function firstOf(
  exited: Promise<unknown>,
  { clock, timeoutMs }: CommandOptions,
  signal: AbortSignal,
): Promise<'exited' | 'timed-out' | 'called-off'> {
  const over = new AbortController();
  const limit = AbortSignal.any([signal, over.signal]);
  try {
    return await Promise.race([
      exited.then(() => 'exited' as const),
      clock.sleep(timeoutMs, limit).then(
        () => 'timed-out' as const,
        () => 'called-off' as const,
      ),
    ]);
  } finally {
    over.abort();
  }
}

/** SIGTERM to all, so that the command can unmount and remove what is temporary; then waits for the command alone. */
async function endPolitely(pid: number, exited: Promise<unknown>, options: CommandOptions): Promise<void> {
  signalAll(await findFamily({ leader: pid, marker: options.marker }), 'SIGTERM');
  const over = new AbortController();
  await Promise.race([exited, options.clock.sleep(options.graceMs, over.signal).catch(() => undefined)]);
  over.abort();
}
