import { ZooKeeperError } from '../errors.js';

/** Reads Jute records from one frame; throws `ZK_PROTOCOL` when the frame ends too early or holds nonsense. */
export class JuteReader {
  readonly #frame: Buffer;
  #offset = 0;

  constructor(frame: Buffer) {
    this.#frame = frame;
  }

  get remaining(): number {
    return this.#frame.length - this.#offset;
  }

  int(): number {
    return this.#frame.readInt32BE(this.#advance(4));
  }

  long(): bigint {
    return this.#frame.readBigInt64BE(this.#advance(8));
  }

  /** A 64-bit integer that fits a number: times and the like. */
  shortLong(): number {
    const at = this.#advance(8);
    return this.#frame.readInt32BE(at) * 2 ** 32 + this.#frame.readUInt32BE(at + 4);
  }

  bool(): boolean {
    return this.#frame[this.#advance(1)] !== 0;
  }

  /** A copy, so that a small value does not keep a large chunk of input alive; null reads as empty. */
  bytes(): Buffer {
    const length = this.#length();
    const at = this.#advance(length);
    return Buffer.from(this.#frame.subarray(at, at + length));
  }

  string(): string {
    const length = this.#length();
    const at = this.#advance(length);
    return this.#frame.toString('utf8', at, at + length);
  }

  strings(): string[] {
    return this.vector(() => this.string());
  }

  vector<T>(item: () => T): T[] {
    const count = this.#length();
    // Every item takes a byte at the least: no array is made for a count that cannot be true.
    if (count > this.remaining) throw truncated();
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(item());
    return items;
  }

  #length(): number {
    const length = this.int();
    if (length < -1) throw new ZooKeeperError('ZK_PROTOCOL', { detail: `a length of ${length}` });
    return Math.max(length, 0);
  }

  #advance(bytes: number): number {
    const at = this.#offset;
    if (at + bytes > this.#frame.length) throw truncated();
    this.#offset = at + bytes;
    return at;
  }
}

function truncated(): ZooKeeperError {
  return new ZooKeeperError('ZK_PROTOCOL', { detail: 'a record goes beyond its frame' });
}
