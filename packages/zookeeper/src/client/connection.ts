import type { Socket } from 'node:net';
import { FrameAssembler } from '../codec/frames.js';
import { opcodes, reservedXids } from '../codec/opcodes.js';
import { JuteReader } from '../codec/reader.js';
import {
  type ConnectRequest,
  type ConnectResponse,
  readConnectResponse,
  readReplyHeader,
  readWatchEvent,
  writeConnectRequest,
} from '../codec/records.js';
import { JuteWriter } from '../codec/writer.js';
import { ZooKeeperError } from '../errors.js';
import { Fifo } from '../fifo.js';
import type { Timers } from '../timers.js';
import type { WatchEvent } from '../types.js';
import type { ServerAddress } from './connect-string.js';
import { Liveness } from './liveness.js';
import type { Request } from './request.js';
import { openSocket, type TlsOptions } from './socket.js';

/** Who owns the connection hears of it here. */
export interface ConnectionHandler {
  /** The server has answered the greeting; a timeout of 0 says that the session has expired. */
  established(welcome: ConnectResponse): void;
  /** @param event its path as the server knows it. */
  event(event: WatchEvent): void;
  /** Requests can be sent again after {@link Connection.writable} was false. */
  writable(): void;
  /** Called once. Requests without an answer have been told already. */
  closed(cause: unknown): void;
}

export interface ConnectionOptions {
  readonly address: ServerAddress;
  readonly tls: TlsOptions | undefined;
  readonly greeting: ConnectRequest;
  /** For the connection, the TLS handshake and the answer to the greeting together. */
  readonly connectTimeoutMs: number;
  readonly maxFrameBytes: number;
  readonly timers: Timers;
}

const flushAtBytes = 64 * 1024;
const maxXid = 2 ** 31 - 1;

/** One connection to one server, from dialling to its end. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #handler: ConnectionHandler;
  readonly #socket: Socket;
  readonly #writer = new JuteWriter();
  readonly #frames: FrameAssembler;
  readonly #inFlight = new Fifo<Request>();
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #liveness: Liveness | undefined;
  #timer: Disposable;
  #xid = 0;
  #lastZxid: bigint;
  #blocked = false;
  #flushing = false;
  #greeted = false;
  #turnedAway = false;

  constructor(options: ConnectionOptions, handler: ConnectionHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#lastZxid = options.greeting.lastZxid;
    this.#frames = new FrameAssembler(options.maxFrameBytes, (frame) => this.#onFrame(frame));
    const { socket, readyEvent } = openSocket(options.address, options.tls);
    this.#socket = socket;
    this.#timer = options.timers.after(options.connectTimeoutMs, () =>
      this.destroy(
        new ZooKeeperError('ZK_UNREACHABLE', { detail: `no answer in ${Math.round(options.connectTimeoutMs)} ms` }),
      ),
    );
    socket.once(readyEvent, () => this.#greet());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('drain', () => this.#onDrain());
    socket.once('error', (error) => this.destroy(error));
    socket.once('end', () => this.#hungUp('the server has closed the connection'));
    socket.once('close', () => this.#hungUp('the connection was closed'));
  }

  /** The server has read our greeting and hung up without an answer: it will not have this session. */
  get turnedAway(): boolean {
    return this.#turnedAway;
  }

  /** False while the socket has more to send than it likes to hold. */
  get writable(): boolean {
    return this.#state === 'open' && !this.#blocked;
  }

  /** Requests without an answer. */
  get outstanding(): number {
    return this.#inFlight.size;
  }

  /** The last transaction seen. */
  get lastZxid(): bigint {
    return this.#lastZxid;
  }

  /** Sends at once when nothing is outstanding, else together with what else is sent in this turn of the event loop. */
  send(request: Request): void {
    if (this.#state !== 'open') {
      request.lost(undefined);
      return;
    }
    request.xid = this.#nextXid(request);
    this.#writer.beginFrame();
    this.#writer.int(request.xid);
    this.#writer.int(request.opcode);
    try {
      request.encode(this.#writer);
    } catch (cause) {
      this.#writer.dropFrame();
      request.failed(new ZooKeeperError('ZK_BAD_ARGUMENTS', { detail: 'the request cannot be written', cause }));
      return;
    }
    this.#writer.endFrame();
    this.#inFlight.push(request);
    if (this.#inFlight.size === 1 || this.#writer.pending >= flushAtBytes) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      this.#options.timers.soon(() => {
        this.#flushing = false;
        this.#flush();
      });
    }
  }

  /** Cuts the connection. */
  destroy(cause: unknown): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#timer[Symbol.dispose]();
    this.#frames.stop();
    // An error after the end has nobody to go to.
    this.#socket.on('error', () => undefined);
    this.#socket.destroy();
    for (let request = this.#inFlight.shift(); request !== undefined; request = this.#inFlight.shift()) {
      request.lost(cause);
    }
    this.#handler.closed(cause);
  }

  #nextXid(request: Request): number {
    if (request.reservedXid !== undefined && request.reservedXid !== 0) return request.reservedXid;
    this.#xid = this.#xid === maxXid ? 1 : this.#xid + 1;
    return this.#xid;
  }

  #hungUp(how: string): void {
    this.#turnedAway = this.#state === 'opening' && this.#greeted;
    this.destroy(new Error(how));
  }

  #greet(): void {
    if (this.#state !== 'opening') return;
    this.#greeted = true;
    this.#writer.beginFrame();
    writeConnectRequest(this.#writer, this.#options.greeting);
    this.#writer.endFrame();
    this.#flush();
  }

  #flush(): void {
    if (this.#state === 'closed' || this.#writer.pending === 0) return;
    this.#liveness?.sent(this.#options.timers.monotonicMs());
    this.#blocked = !this.#socket.write(this.#writer.take());
  }

  #onDrain(): void {
    this.#blocked = false;
    if (this.#state === 'open') this.#handler.writable();
  }

  #onData(chunk: Buffer): void {
    if (this.#state === 'closed') return;
    this.#liveness?.heard(this.#options.timers.monotonicMs());
    try {
      this.#frames.push(chunk);
    } catch (error) {
      this.destroy(error);
    }
  }

  #onFrame(frame: Buffer): void {
    const reader = new JuteReader(frame);
    if (this.#state === 'opening') {
      this.#establish(readConnectResponse(reader));
      return;
    }
    const header = readReplyHeader(reader);
    const { xid, zxid } = header;
    if (xid === reservedXids.watchEvent) {
      const event = readWatchEvent(reader);
      if (event !== undefined) this.#handler.event(event);
      return;
    }
    if (zxid > this.#lastZxid) this.#lastZxid = zxid;
    if (xid === reservedXids.ping) return;
    const request = this.#inFlight.peek();
    if (request?.xid !== xid) {
      throw new ZooKeeperError('ZK_PROTOCOL', { detail: `an answer to ${xid} instead of ${request?.xid ?? 'none'}` });
    }
    this.#inFlight.shift();
    request.answered(header, reader);
  }

  #establish(welcome: ConnectResponse): void {
    this.#timer[Symbol.dispose]();
    this.#state = 'open';
    if (welcome.timeoutMs > 0) {
      this.#liveness = new Liveness(welcome.timeoutMs, this.#options.timers.monotonicMs());
      this.#lookLater(this.#liveness);
    }
    this.#handler.established(welcome);
  }

  #lookLater(liveness: Liveness): void {
    this.#timer = this.#options.timers.after(liveness.intervalMs, () => this.#look(liveness));
  }

  #look(liveness: Liveness): void {
    const verdict = liveness.look(this.#options.timers.monotonicMs());
    if (verdict === 'dead') {
      this.destroy(new ZooKeeperError('ZK_UNREACHABLE', { detail: 'the server has fallen silent' }));
      return;
    }
    if (verdict === 'ping') this.#ping();
    this.#lookLater(liveness);
  }

  #ping(): void {
    this.#writer.beginFrame();
    this.#writer.int(reservedXids.ping);
    this.#writer.int(opcodes.ping);
    this.#writer.endFrame();
    this.#flush();
  }
}
