import { createConnection } from 'node:net';

/** Longest path of a Unix socket on Linux, in bytes. */
export const maxSocketPathBytes = 107;

/**
 * Asks qemu to end, through its monitor, and resolves when it has closed the connection, which it does on its way out.
 *
 * @throws what the socket says, or the signal's reason.
 */
export async function quit(socketPath: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const socket = createConnection({ path: socketPath });
    const onAbort = (): void => void socket.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => {
      socket.write('{"execute":"qmp_capabilities"}\n{"execute":"quit"}\n');
    });
    let failure: unknown;
    socket.once('error', (error) => {
      failure = error;
    });
    // Answers are of no interest, but unread they would keep the end of the connection from being seen.
    socket.resume();
    socket.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      if (failure === undefined) resolve();
      else reject(failure);
    });
  });
}
