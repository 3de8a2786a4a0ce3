import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ServerAddress } from './connect-string.js';

/** Client certificate and trust, PEM. */
export interface TlsOptions {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  /** Authorities that the server's certificate must come from. */
  readonly ca: string | Buffer;
  /** Name the server's certificate must carry, when it is not the host of the connect string. */
  readonly servername?: string;
  /** Accept a certificate of `ca` whatever name it carries, as kazoo does. */
  readonly anyServerName?: boolean;
}

/** A socket on its way, and the event that tells it has arrived. */
export interface OpeningSocket {
  readonly socket: Socket;
  readonly readyEvent: 'connect' | 'secureConnect';
}

export function openSocket({ host, port }: ServerAddress, tls: TlsOptions | undefined): OpeningSocket {
  if (tls === undefined) return { socket: connectPlain({ host, port, noDelay: true }), readyEvent: 'connect' };
  const { cert, key, ca, anyServerName } = tls;
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  const socket = connectTls({
    host,
    port,
    cert,
    key,
    ca,
    minVersion: 'TLSv1.2',
    ...(servername === undefined ? {} : { servername }),
    ...(anyServerName === true ? { checkServerIdentity: () => undefined } : {}),
  });
  socket.setNoDelay(true);
  return { socket, readyEvent: 'secureConnect' };
}
