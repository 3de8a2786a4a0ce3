import { spawn } from 'node:child_process';
import { ProviderError } from '@nodepool/driver-api';
import { type Clock, deadline, errorCode } from '@nodepool/runtime';
import { missingProgram } from './errors.js';

export interface ProgramDeps {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface ProgramResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Output beyond this is dropped: nothing here reads more. */
const maxOutput = 256 * 1024;

/**
 * Runs a program to its end, without a shell, and says how it ended.
 *
 * @param timeoutMs killed after this long.
 * @throws ProviderError `misconfigured` when there is no such program; the signal's reason when called off or too slow.
 */
export async function tryProgram(
  program: string,
  args: readonly string[],
  timeoutMs: number,
  { clock, signal }: ProgramDeps,
): Promise<ProgramResult> {
  signal.throwIfAborted();
  using limit = deadline(clock, timeoutMs, signal);
  return await new Promise<ProgramResult>((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    const collect = (name: 'stdout' | 'stderr') => (chunk: string) => {
      if (output[name].length < maxOutput) output[name] += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', collect('stdout'));
    child.stderr.setEncoding('utf8').on('data', collect('stderr'));
    // Settles only when the program is gone, so that nobody removes files under its feet.
    const onAbort = (): void => void child.kill('SIGKILL');
    limit.signal.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => reject(errorCode(error) === 'ENOENT' ? missingProgram(program, error) : error));
    child.once('close', (status) => {
      limit.signal.removeEventListener('abort', onAbort);
      if (limit.signal.aborted) reject(limit.signal.reason);
      else resolve({ status, ...output });
    });
  });
}

/** {@link tryProgram}, with an exit status other than 0 as the error `launch-failed`. */
export async function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs: number,
  deps: ProgramDeps,
): Promise<string> {
  const { status, stdout, stderr } = await tryProgram(program, args, timeoutMs, deps);
  if (status === 0) return stdout;
  throw new ProviderError('launch-failed', `${program} ended with status ${status}: ${stderr.trim()}`);
}
