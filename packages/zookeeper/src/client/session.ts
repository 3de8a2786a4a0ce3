import { opcodes } from '../codec/opcodes.js';
import type { ConnectResponse } from '../codec/records.js';
import { ZooKeeperError } from '../errors.js';
import type { ClientLog } from '../log.js';
import type { Random } from '../random.js';
import type { Timers } from '../timers.js';
import type { WatchEvent } from '../types.js';
import type { ServerAddress } from './connect-string.js';
import { Connection } from './connection.js';
import { Call, type Request } from './request.js';
import { ServerRotation } from './servers.js';
import type { TlsOptions } from './socket.js';
import { StateListeners } from './state-listeners.js';

export interface SessionOptions {
  readonly servers: readonly ServerAddress[];
  readonly sessionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxFrameBytes: number;
  /** Requests made and not answered, sent or not. */
  readonly maxOutstanding: number;
  /** Bytes of requests that wait for a connection. */
  readonly maxWaitingBytes: number;
  readonly tls: TlsOptions | undefined;
  readonly log: ClientLog;
  readonly random: Random;
  readonly timers: Timers;
}

export interface SessionHooks {
  /** What to send first on every connection: credentials, watches. */
  prime(lastZxid: bigint): readonly Request[];
  event(event: WatchEvent): void;
  /** The session has ended: its one-shot watches are gone. */
  ended(): void;
}

const noPassword = Buffer.alloc(16);
const closeTimeoutMs = 2_000;

/**
 * For how many session timeouts in a row servers may hang up on our greeting before the session counts as ended. They do
 * so for a while when they have just started or lag behind, and for ever when their data are older than what we have
 * seen: then only a session that has seen nothing can come in.
 */
const turnedAwayTimeouts = 3;

/** A session over as many connections as it takes. */
export class Session {
  readonly states = new StateListeners();
  readonly #options: SessionOptions;
  readonly #hooks: SessionHooks;
  readonly #rotation: ServerRotation;
  /** In the order in which they were made. */
  readonly #waiting = new Set<Request>();
  #waitingBytes = 0;
  #connection: Connection | undefined;
  #pause: Disposable | undefined;
  #establishedMs: number | undefined;
  #turnedAwaySinceMs: number | undefined;
  #sessionId = 0n;
  #password: Buffer = noPassword;
  #timeoutMs: number;
  #lastZxid = 0n;
  #refusal: ZooKeeperError | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SessionOptions, hooks: SessionHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#rotation = new ServerRotation(options.servers, options.random);
    this.#timeoutMs = options.sessionTimeoutMs;
  }

  get id(): bigint {
    return this.#sessionId;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  start(): void {
    this.#dial();
  }

  setServers(servers: readonly ServerAddress[]): void {
    this.#rotation.replace(servers);
  }

  /** Requests that are to be sent, or have no answer yet. */
  get waiting(): number {
    return this.#waiting.size + (this.#connection?.outstanding ?? 0);
  }

  /** Sends it now, or when there is a connection; refuses when the session has ended or too much waits. */
  submit(request: Request): void {
    const connection = this.#connection;
    if (this.#refusal !== undefined) {
      request.failed(this.#refusal);
    } else if (this.waiting >= this.#options.maxOutstanding) {
      request.failed(new ZooKeeperError('ZK_UNREACHABLE', { detail: 'too many requests wait for an answer' }));
    } else if (connection?.writable === true && this.#waiting.size === 0 && this.states.state === 'connected') {
      connection.send(request);
    } else if (this.#waitingBytes + request.bytes > this.#options.maxWaitingBytes) {
      request.failed(new ZooKeeperError('ZK_UNREACHABLE', { detail: 'too much data waits to be sent' }));
    } else {
      this.#waiting.add(request);
      this.#waitingBytes += request.bytes;
    }
  }

  /** Takes back a request that was not sent yet. */
  withdraw(request: Request): void {
    if (this.#waiting.delete(request)) this.#waitingBytes -= request.bytes;
  }

  renew(): void {
    if (this.states.state !== 'expired') return;
    this.#sessionId = 0n;
    this.#password = noPassword;
    this.#lastZxid = 0n;
    this.#refusal = undefined;
    this.states.enter('connecting');
    this.#dial();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Gives the session up: `error` is what every request gets from now on. */
  abandon(error: ZooKeeperError): void {
    this.#options.log.warn({ error: error.message }, 'gave up the session');
    this.#end('closed', error);
    this.#connection?.destroy(error);
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    const wasConnected = this.states.state === 'connected';
    this.#end('closed', new ZooKeeperError('ZK_CLOSED'));
    this.#pause?.[Symbol.dispose]();
    if (wasConnected && connection !== undefined) await this.#sayGoodbye(connection);
    connection?.destroy(new ZooKeeperError('ZK_CLOSED'));
  }

  #sayGoodbye(connection: Connection): Promise<void> {
    return new Promise((resolve) => {
      const limit = this.#options.timers.after(closeTimeoutMs, resolve);
      const done = (): void => {
        limit[Symbol.dispose]();
        resolve();
      };
      const spec = { opcode: opcodes.close, path: undefined, encode: () => undefined, decode: () => undefined };
      connection.send(new Call<void>(spec, done, done));
    });
  }

  #dial(): void {
    const address = this.#rotation.next();
    const { tls, connectTimeoutMs, maxFrameBytes, timers } = this.#options;
    const greeting = {
      lastZxid: this.#lastZxid,
      timeoutMs: this.#options.sessionTimeoutMs,
      sessionId: this.#sessionId,
      password: this.#password,
    };
    const connection = new Connection(
      { address, tls, greeting, connectTimeoutMs, maxFrameBytes, timers },
      {
        established: (welcome) => this.#onEstablished(connection, address, welcome),
        event: (event) => this.#hooks.event(event),
        writable: () => this.#pump(connection),
        closed: (cause) => this.#onClosed(connection, address, cause),
      },
    );
    this.#connection = connection;
  }

  #onEstablished(connection: Connection, address: ServerAddress, welcome: ConnectResponse): void {
    if (welcome.timeoutMs <= 0 || welcome.sessionId === 0n) {
      this.#options.log.warn({ server: nameOf(address) }, 'session has expired');
      this.#connection = undefined;
      this.#end('expired', new ZooKeeperError('ZK_SESSION_EXPIRED'));
      connection.destroy(new ZooKeeperError('ZK_SESSION_EXPIRED'));
      return;
    }
    this.#sessionId = welcome.sessionId;
    this.#password = welcome.password;
    this.#timeoutMs = welcome.timeoutMs;
    this.#establishedMs = this.#options.timers.monotonicMs();
    this.#turnedAwaySinceMs = undefined;
    for (const request of this.#hooks.prime(this.#lastZxid)) connection.send(request);
    this.#options.log.debug({ server: nameOf(address), timeoutMs: welcome.timeoutMs }, 'connected to ZooKeeper');
    this.states.enter('connected');
    this.#pump(connection);
  }

  #pump(connection: Connection): void {
    if (connection !== this.#connection) return;
    for (const request of this.#waiting) {
      if (!connection.writable) return;
      this.#waiting.delete(request);
      this.#waitingBytes -= request.bytes;
      connection.send(request);
    }
  }

  #onClosed(connection: Connection, address: ServerAddress, cause: unknown): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    if (connection.lastZxid > this.#lastZxid) this.#lastZxid = connection.lastZxid;
    if (this.#refusal !== undefined) return;
    const { timers, log } = this.#options;
    const livedMs = this.#establishedMs === undefined ? 0 : timers.monotonicMs() - this.#establishedMs;
    this.#establishedMs = undefined;
    log.info({ server: nameOf(address), reason: reasonOf(cause) }, 'lost connection to ZooKeeper');
    if (this.states.state === 'connected') this.states.enter('suspended');
    // A listener may have closed us.
    if (this.#refusal !== undefined || this.#isTurnedAwayForGood(connection)) return;
    this.#pause = timers.after(this.#rotation.pauseMs(livedMs), () => this.#dial());
  }

  #isTurnedAwayForGood({ turnedAway }: Connection): boolean {
    if (!turnedAway || this.#sessionId === 0n) return false;
    const nowMs = this.#options.timers.monotonicMs();
    this.#turnedAwaySinceMs ??= nowMs;
    if (nowMs - this.#turnedAwaySinceMs < turnedAwayTimeouts * this.#timeoutMs) return false;
    this.#turnedAwaySinceMs = undefined;
    this.#options.log.warn({}, 'servers will not have the session any more: they may have lost their data');
    this.#end('expired', new ZooKeeperError('ZK_SESSION_EXPIRED'));
    return true;
  }

  #end(state: 'expired' | 'closed', refusal: ZooKeeperError): void {
    this.#refusal = refusal;
    this.#hooks.ended();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#waitingBytes = 0;
    this.states.enter(state);
    for (const request of waiting) request.failed(refusal);
  }
}

function nameOf({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
