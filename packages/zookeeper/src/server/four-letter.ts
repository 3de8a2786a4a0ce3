import { connect } from 'node:net';
import { systemTimers } from '../timers.js';

/** Asks a server by one of its four-letter words, such as `srvr`; rejects when it does not answer within `timeoutMs`. */
export function fourLetterWord(port: number, word: string, timeoutMs = 2_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const chunks: Buffer[] = [];
    const timer = systemTimers.after(timeoutMs, () =>
      socket.destroy(new Error(`no answer to ${word} from port ${port}`)),
    );
    socket.once('connect', () => socket.end(word));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('error', reject);
    socket.once('close', () => {
      timer[Symbol.dispose]();
      resolve(Buffer.concat(chunks).toString());
    });
  });
}

/**
 * Part a server plays, as `srvr` tells: `standalone`, `leader`, `follower`; undefined while it does not serve.
 *
 * @param timeoutMs a server that is starting may accept a connection and forget it.
 */
export async function serverRole(port: number, timeoutMs = 500): Promise<string | undefined> {
  const answer = await fourLetterWord(port, 'srvr', timeoutMs).catch(() => '');
  return /^Mode: (\S+)$/m.exec(answer)?.[1];
}
