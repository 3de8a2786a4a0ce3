import { NetworkClient, type ZooKeeperClient } from './client/client.js';
import { parseConnectString, type ServerList } from './client/connect-string.js';
import type { Credentials } from './client/operations.js';
import type { TlsOptions } from './client/socket.js';
import { type ClientLog, silentLog } from './log.js';
import { type Random, systemRandom } from './random.js';
import { systemTimers, type Timers } from './timers.js';

export interface ConnectOptions {
  /** `host:port,host:port/chroot`, or its parts. */
  readonly servers: string | ServerList;
  /** Asked for; the server may grant another. 10,000 unless given. */
  readonly sessionTimeoutMs?: number;
  /** For one attempt at one server, its handshakes included. A third of the session timeout unless given. */
  readonly connectTimeoutMs?: number;
  readonly tls?: TlsOptions;
  readonly auth?: readonly Credentials[];
  readonly log?: ClientLog;
  readonly random?: Random;
  readonly timers?: Timers;
  /** Greatest answer that is believed, bytes; 64 MiB unless given. */
  readonly maxFrameBytes?: number;
  /** Requests made and not answered; one more is refused with `ZK_UNREACHABLE`. 100,000 unless given. */
  readonly maxOutstanding?: number;
  /** Bytes of requests that wait for a connection; more are refused with `ZK_UNREACHABLE`. 256 MiB unless given. */
  readonly maxWaitingBytes?: number;
}

const mebibyte = 1024 * 1024;

/**
 * Starts a session. Requests may be made at once: they wait for the connection.
 *
 * @throws ZooKeeperError `ZK_BAD_ARGUMENTS` when the connect string cannot be read.
 */
export function connect(options: ConnectOptions): ZooKeeperClient {
  const { servers, chroot } =
    typeof options.servers === 'string' ? parseConnectString(options.servers) : options.servers;
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 10_000;
  return new NetworkClient(
    {
      servers,
      sessionTimeoutMs,
      connectTimeoutMs: options.connectTimeoutMs ?? sessionTimeoutMs / 3,
      maxFrameBytes: options.maxFrameBytes ?? 64 * mebibyte,
      maxOutstanding: options.maxOutstanding ?? 100_000,
      maxWaitingBytes: options.maxWaitingBytes ?? 256 * mebibyte,
      tls: options.tls,
      log: options.log ?? silentLog,
      random: options.random ?? systemRandom,
      timers: options.timers ?? systemTimers,
    },
    chroot,
    options.auth ?? [],
  );
}
