import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { ProviderError } from '@nodepool/driver-api';
import { deadline, errorCode, identify, type ProcessIdentity } from '@nodepool/runtime';
import { missingProgram } from './errors.js';
import { type InstanceFiles, readTail } from './instance-store.js';
import { qemuProgram, readyFd } from './qemu-arguments.js';
import type { ProgramDeps } from './run-program.js';

const startTimeoutMs = 30_000;
const logBytes = 4096;

/**
 * Starts qemu in a session of its own, where it outlives us, and waits until the machine is set up.
 *
 * @throws ProviderError `launch-failed` with what qemu said when it could not set up the machine.
 */
export async function startQemu(
  files: InstanceFiles,
  args: readonly string[],
  { clock, signal }: ProgramDeps,
): Promise<ProcessIdentity> {
  await rm(files.log, { force: true });
  await using log = await open(files.log, 'a');
  signal.throwIfAborted();
  using limit = deadline(clock, startTimeoutMs, signal);
  const child = spawn(qemuProgram, args, { stdio: ['ignore', 'ignore', log.fd, 'pipe'], detached: true });
  const onAbort = (): void => void child.kill('SIGKILL');
  limit.signal.addEventListener('abort', onAbort, { once: true });
  const waits = new AbortController();
  try {
    const ended = once(child, 'exit', { signal: waits.signal }).then(() => undefined);
    const greeted = once(greetingOf(child), 'data', { signal: waits.signal }).then(() => child.pid);
    const pid = await Promise.race([ended, greeted]);
    limit.signal.throwIfAborted();
    const process = pid === undefined ? undefined : await identify(pid);
    if (process !== undefined) return process;
    throw new ProviderError('launch-failed', `qemu ended at once: ${(await readTail(files.log, logBytes)).trim()}`);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw missingProgram(qemuProgram, error);
    throw error;
  } finally {
    waits.abort();
    limit.signal.removeEventListener('abort', onAbort);
    greetingOf(child).destroy();
    child.unref();
  }
}

function greetingOf(child: ChildProcess): Socket {
  const stream = child.stdio[readyFd];
  if (stream instanceof Socket) return stream;
  throw new Error('qemu was started without a socket for its greeting');
}

/** Whether an error of {@link startQemu} means that somebody else listens on the port to forward. */
export function isPortTaken(error: unknown): boolean {
  return error instanceof ProviderError && error.message.includes('host forwarding');
}
