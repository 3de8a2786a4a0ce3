import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { type Clock, errorCode } from '@nodepool/runtime';

/** As shells have it. */
const notFound = 127;
const notExecutable = 126;
const signalBase = 128;

/** What a command that was told to end is given to do so, milliseconds. */
const graceMs = 10_000;

/**
 * Runs a command on our terminal.
 *
 * @param signal has it end, by SIGTERM and in the end by force.
 * @returns its exit code; 128 and the number of the signal that ended it.
 */
export async function runCommand(
  [program = '', ...args]: readonly string[],
  { env, clock, signal }: { readonly env: NodeJS.ProcessEnv; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit', env });
  const over = new AbortController();
  const end = (): void => {
    child.kill('SIGTERM');
    clock.sleep(graceMs, over.signal).then(
      () => child.kill('SIGKILL'),
      () => undefined,
    );
  };
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error) => {
      if (errorCode(error) === 'ENOENT') resolve(notFound);
      else if (errorCode(error) === 'EACCES') resolve(notExecutable);
      else reject(error);
    });
    child.once('exit', (code, name) => resolve(code ?? signalBase + (name === null ? 0 : constants.signals[name])));
  });
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true, signal: over.signal });
  try {
    return await ended;
  } finally {
    over.abort(null);
  }
}
