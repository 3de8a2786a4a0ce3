import { ZooKeeperError } from '../errors.js';

const headerBytes = 4;

/** Cuts a stream of bytes, however it arrives, into frames. */
export class FrameAssembler {
  readonly #maxFrameBytes: number;
  readonly #onFrame: (frame: Buffer) => void;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  #body: Buffer | undefined;
  #bodyFilled = 0;
  #stopped = false;

  /** @param onFrame the frame shares memory with the input: copy what outlives the call. */
  constructor(maxFrameBytes: number, onFrame: (frame: Buffer) => void) {
    this.#maxFrameBytes = maxFrameBytes;
    this.#onFrame = onFrame;
  }

  /** Drops what comes after the current frame. */
  stop(): void {
    this.#stopped = true;
    this.#body = undefined;
  }

  /** @throws ZooKeeperError `ZK_PROTOCOL` for a length that cannot be true; the stream is of no use then. */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.#stopped) {
      offset = this.#body === undefined ? this.#readHeader(chunk, offset) : this.#readBody(this.#body, chunk, offset);
    }
  }

  #readHeader(chunk: Buffer, offset: number): number {
    if (this.#headerFilled === 0 && chunk.length - offset >= headerBytes) {
      return this.#begin(chunk.readInt32BE(offset), chunk, offset + headerBytes);
    }
    const copied = chunk.copy(this.#header, this.#headerFilled, offset);
    this.#headerFilled += copied;
    if (this.#headerFilled < headerBytes) return offset + copied;
    this.#headerFilled = 0;
    return this.#begin(this.#header.readInt32BE(0), chunk, offset + copied);
  }

  #begin(length: number, chunk: Buffer, offset: number): number {
    if (length < 0 || length > this.#maxFrameBytes) {
      throw new ZooKeeperError('ZK_PROTOCOL', { detail: `a frame of ${length} bytes` });
    }
    if (chunk.length - offset >= length) {
      this.#onFrame(chunk.subarray(offset, offset + length));
      return offset + length;
    }
    this.#body = Buffer.allocUnsafe(length);
    this.#bodyFilled = 0;
    return offset;
  }

  #readBody(body: Buffer, chunk: Buffer, offset: number): number {
    const copied = chunk.copy(body, this.#bodyFilled, offset);
    this.#bodyFilled += copied;
    if (this.#bodyFilled === body.length) {
      this.#body = undefined;
      this.#onFrame(body);
    }
    return offset + copied;
  }
}
