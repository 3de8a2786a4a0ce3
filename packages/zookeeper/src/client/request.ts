import type { JuteReader } from '../codec/reader.js';
import type { ReplyHeader } from '../codec/records.js';
import { serverError, serverErrors } from '../codec/server-errors.js';
import type { JuteWriter } from '../codec/writer.js';
import { ZooKeeperError } from '../errors.js';

/** One request, from the moment it is made until it has an answer. */
export interface Request {
  readonly opcode: number;
  /** Fixed for requests outside the order, else given when the request is sent. */
  readonly reservedXid?: number;
  /** Place in the order of requests on its connection. */
  xid: number;
  /** About how many bytes it holds while it waits. */
  readonly bytes: number;
  encode(writer: JuteWriter): void;
  /** @throws ZooKeeperError `ZK_PROTOCOL` when the answer cannot be read. */
  answered(header: ReplyHeader, reader: JuteReader): void;
  failed(error: ZooKeeperError): void;
  /** There was no answer and there will be none. */
  lost(cause: unknown): void;
}

export interface CallSpec<T> {
  readonly opcode: number;
  readonly path: string | undefined;
  readonly bytes?: number;
  readonly reservedXid?: number;
  readonly encode: (writer: JuteWriter) => void;
  /** @param header its error is 0 or what `accepts` says. */
  readonly decode: (reader: JuteReader, header: ReplyHeader) => T;
  /** A code of the server that is an answer too. */
  readonly accepts?: number;
}

/** A request with a promise at its other end. */
export class Call<T> implements Request {
  xid = 0;
  readonly #spec: CallSpec<T>;
  readonly #resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;
  #settled = false;
  /** Called once, when the outcome is known. */
  onSettled: (() => void) | undefined;

  constructor(spec: CallSpec<T>, resolve: (value: T) => void, reject: (error: unknown) => void) {
    this.#spec = spec;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get opcode(): number {
    return this.#spec.opcode;
  }

  get reservedXid(): number {
    return this.#spec.reservedXid ?? 0;
  }

  get bytes(): number {
    return 128 + (this.#spec.bytes ?? 0);
  }

  encode(writer: JuteWriter): void {
    this.#spec.encode(writer);
  }

  answered(header: ReplyHeader, reader: JuteReader): void {
    const { error } = header;
    if (this.#settled) return;
    if (error !== serverErrors.ok && error !== this.#spec.accepts) {
      this.failed(serverError(error, this.#spec.path));
      return;
    }
    try {
      const value = this.#spec.decode(reader, header);
      this.#settle();
      this.#resolve(value);
    } catch (failure) {
      if (failure instanceof ZooKeeperError && failure.code !== 'ZK_PROTOCOL') {
        this.failed(failure);
        return;
      }
      this.lost(failure);
      throw failure;
    }
  }

  failed(error: ZooKeeperError): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(error);
  }

  lost(cause: unknown): void {
    if (this.#settled) return;
    this.failed(new ZooKeeperError('ZK_CONNECTION_LOSS', { path: this.#spec.path, cause }));
  }

  #settle(): void {
    this.#settled = true;
    this.onSettled?.();
  }
}
