import { connect, type Socket } from 'node:net';

/**
 * Opens a TCP connection and, where asked, waits until the first bytes of the server's greeting hold `greeting`.
 * A forwarded port accepts before the machine behind it is up, so a connection alone proves little.
 *
 * @throws the socket's error, or the signal's reason.
 */
export function reach(host: string, port: number, greeting: string | undefined, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ host, port });
    let seen = '';
    const end = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
      // What a dying connection still has to say must not become an unhandled error.
      socket.on('error', () => undefined);
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = (): void => end(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', end);
    socket.once('close', () => end(new Error('the connection was closed')));
    socket.once('connect', () => {
      if (greeting === undefined) end();
    });
    socket.on('data', (chunk) => {
      // RFC 4253 allows lines before the identification; more than this is no SSH server.
      seen = (seen + chunk.toString('latin1')).slice(0, 4096);
      if (greeting !== undefined && seen.includes(greeting)) end();
    });
  });
}
