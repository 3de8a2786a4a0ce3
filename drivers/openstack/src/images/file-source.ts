import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { type ImageUploadSpec, ProviderError } from '@nodepool/driver-api';
import { errorCode } from '@nodepool/runtime';
import type { StreamBody } from '../session/types.js';
import { type Digests, StreamHasher } from './stream-hasher.js';
import type { KnownContent } from './verify.js';

/** Read and sent at once. Holes are read as zeros and cross the wire. */
const pieceBytes = 1024 * 1024;

/** Part of a file that is the body of one request. */
export interface FileRange {
  readonly start: number;
  readonly bytes: number;
}

/** An image file that is read and hashed while it is sent: each byte once for each time that it is sent. */
export class FileSource implements AsyncDisposable {
  readonly bytes: number;
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #onProgress: ((bytes: number) => void) | undefined;
  #digests: Digests;
  #farthest = 0;

  private constructor(file: FileHandle, bytes: number, spec: ImageUploadSpec, onProgress?: (bytes: number) => void) {
    this.#file = file;
    this.#path = spec.path;
    this.bytes = bytes;
    this.#onProgress = onProgress;
    this.#digests = {
      ...(spec.md5 !== undefined && { md5: spec.md5 }),
      ...(spec.sha256 !== undefined && { sha256: spec.sha256 }),
    };
  }

  /** @throws ProviderError `misconfigured` when the file cannot be read or is empty. */
  static async open(spec: ImageUploadSpec, onProgress?: (bytes: number) => void): Promise<FileSource> {
    let file: FileHandle | undefined;
    try {
      file = await open(spec.path);
      const { size } = await file.stat();
      if (size === 0) throw new ProviderError('misconfigured', `image file ${spec.path} is empty`);
      return new FileSource(file, size, spec, onProgress);
    } catch (error) {
      await file?.close();
      if (error instanceof ProviderError) throw error;
      const why = errorCode(error) ?? 'unknown error';
      throw new ProviderError('misconfigured', `image file ${spec.path} cannot be read: ${why}`, { cause: error });
    }
  }

  /** What is known of the content so far: what the builder has told, and what was computed while it was sent. */
  get known(): KnownContent {
    return { bytes: this.bytes, digests: this.#digests };
  }

  /** The whole file as the body of a request. Clouds answer with sha512 and md5: what is not told is computed. */
  body(): StreamBody {
    const algorithms = this.#digests['md5'] === undefined ? ['sha512', 'md5'] : ['sha512'];
    return this.part({ start: 0, bytes: this.bytes }, algorithms, (digests) => {
      // What the builder has told stays in force: the file may have changed since.
      this.#digests = { ...digests, ...this.#digests };
    });
  }

  /** A part of the file as the body of a request; `onDigests` is told its digests before its last piece is sent. */
  part(range: FileRange, algorithms: readonly string[], onDigests: (digests: Digests) => void): StreamBody {
    return {
      length: range.bytes,
      open: () =>
        Readable.from(this.#read(range, algorithms, onDigests), { objectMode: false, highWaterMark: pieceBytes }),
    };
  }

  /** Reads everything without sending it, for what the cloud has fetched by itself. */
  async hash(signal: AbortSignal): Promise<void> {
    for await (const _piece of this.body().open()) signal.throwIfAborted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  async *#read(
    { start, bytes }: FileRange,
    algorithms: readonly string[],
    onDigests: (digests: Digests) => void,
  ): AsyncGenerator<Buffer> {
    // One for each stream: what one that was cut off has left must not get into the digests of the next.
    await using hasher = new StreamHasher(algorithms);
    const end = start + bytes;
    for (let position = start; position < end; ) {
      const piece = await this.#readPiece(position, Math.min(pieceBytes, end - position));
      await hasher.update(piece);
      position += piece.length;
      if (position === end) {
        onDigests(await hasher.digest());
        // The end of the stream must not wait for the thread: the answer may be on its way as soon as the last byte is.
        await hasher[Symbol.asyncDispose]();
      }
      this.#farthest = Math.max(this.#farthest, position);
      this.#onProgress?.(this.#farthest);
      yield piece;
    }
  }

  async #readPiece(position: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafeSlow(length), 0, length, position);
    if (bytesRead > 0) return buffer.subarray(0, bytesRead);
    throw new ProviderError('transient', `image file ${this.#path} became shorter while it was sent`);
  }
}
