import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get as getSecure } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectSecurely, TLSSocket } from 'node:tls';
import type { ZooKeeperConfig } from '@nodepool/config';
import { type Clock, deadline } from '@nodepool/runtime';
import type { WebAnswer } from './machine.js';

const patienceMs = 5_000;

/** On which clock one waits, and what ends it. */
export interface Waiting {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Sends `srvr` to a ZooKeeper server.
 *
 * @returns what it answers; nothing when it closes the connection without a word.
 * @throws when nobody listens, or takes longer than five seconds.
 */
export async function askServer(
  host: string,
  port: number,
  tls: ZooKeeperConfig['tls'],
  { clock, signal }: Waiting,
): Promise<string> {
  using limit = deadline(clock, patienceMs, signal);
  const socket = tls === undefined ? connect({ host, port }) : connectSecurely(await secured(host, port, tls));
  try {
    await once(socket, tls === undefined ? 'connect' : 'secureConnect', { signal: limit.signal });
    socket.write('srvr');
    // A server that may not answer cuts the connection, which is an answer as well.
    return await Promise.race([text(socket).catch(() => ''), rejection(limit.signal)]);
  } finally {
    socket.destroy();
  }
}

/** Any name of the server will do, as for the client. */
async function secured(host: string, port: number, tls: NonNullable<ZooKeeperConfig['tls']>) {
  const [cert, key, ca] = await Promise.all([tls.cert, tls.key, tls.ca].map((path) => readFile(path)));
  return { host, port, cert, key, ca, checkServerIdentity: () => undefined };
}

/**
 * Asks an address for anything. The certificate is not checked, because the provider does that with authorities of its
 * own, and nothing secret is sent.
 *
 * @throws when no answer comes within five seconds.
 */
export async function askWeb(url: string, { clock, signal }: Waiting): Promise<WebAnswer> {
  using limit = deadline(clock, patienceMs, signal);
  const options = { signal: limit.signal, agent: false, rejectUnauthorized: false } as const;
  const request = url.startsWith('https:') ? getSecure(url, options) : getPlain(url, options);
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).once('error', reject);
    });
    const nowMs = clock.now();
    const dateMs = Date.parse(response.headers.date ?? '');
    const { socket } = response;
    const end = socket instanceof TLSSocket ? Date.parse(socket.getPeerCertificate().valid_to) : Number.NaN;
    response.destroy();
    return {
      nowMs,
      // The header has whole seconds: the half of one is the best guess.
      aheadMs: Number.isNaN(dateMs) ? undefined : dateMs + 500 - nowMs,
      certificateEndMs: Number.isNaN(end) ? undefined : end,
    };
  } finally {
    request.destroy();
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
