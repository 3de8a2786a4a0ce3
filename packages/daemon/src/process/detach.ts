import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, deadline } from '@nodepool/runtime';
import { DaemonError } from '../errors.js';

/** Tells the child that it is the daemon; its presence is what counts. */
export const detachedVariable = 'NODEPOOL_DETACHED';

/** The child waits up to 10 s for the pid file; it is heard out before it is given up. */
const startTimeoutMs = 12_000;

type Message = { readonly started: true } | { readonly failed: string };

export interface DetachOptions {
  /** The program to run: the running one, with its arguments. */
  readonly execPath: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

/**
 * Starts the program again as a daemon: in a session of its own, without a terminal. Resolves with its pid when it says
 * that it has started.
 *
 * @throws DaemonError `NP_DETACH` with the daemon's own words when it failed; it is ended when it says nothing in time.
 */
export async function detach(options: DetachOptions): Promise<number> {
  const child = spawn(options.execPath, [...options.args], {
    detached: true,
    env: { ...options.env, [detachedVariable]: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  using limit = deadline(options.clock, options.timeoutMs ?? startTimeoutMs);
  try {
    await firstMessage(child, limit.signal);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
  return child.pid ?? 0;
}

function firstMessage(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new DaemonError('NP_DETACH', 'it could not be run', { cause: error })));
    child.once('exit', (code, killedBy) =>
      reject(new DaemonError('NP_DETACH', `it ended with ${killedBy ?? `status ${code}`} before it had started`)),
    );
    child.once('message', (message: Message) => {
      if ('started' in message) resolve();
      else reject(new DaemonError('NP_DETACH', message.failed));
    });
    signal.addEventListener('abort', () => reject(new DaemonError('NP_DETACH', 'it said nothing in time')), {
      once: true,
    });
  });
}

/** The child's end of {@link detach}. */
export interface DetachedParent {
  started(): void;
  failed(reason: string): Promise<void>;
}

/** What a daemon says to the process that started it; nobody listens to one that was not detached. */
export function detachedParent(): DetachedParent {
  const tell = (message: Message): Promise<void> =>
    new Promise((resolve) => {
      if (process.send === undefined || !process.connected) {
        resolve();
        return;
      }
      process.send(message, () => {
        if (process.connected) process.disconnect();
        resolve();
      });
    });
  return { started: () => void tell({ started: true }), failed: (reason) => tell({ failed: reason }) };
}
