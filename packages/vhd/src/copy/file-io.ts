import { read, writev } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { VhdError } from '../errors.js';

// Calls with callbacks: those of a FileHandle cost three times as much, and there are thousands.

/** The raw image, open for reading. */
export class SourceFile implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws VHD_SOURCE_UNUSABLE */
  static async open(path: string): Promise<SourceFile> {
    try {
      return new SourceFile(path, await open(path, 'r'));
    } catch (cause) {
      throw unreadable(path, cause);
    }
  }

  /**
   * Reads all of `into`.
   *
   * @throws VHD_SOURCE_UNUSABLE, at the end of the file too: it was cut short under our feet.
   */
  async read(into: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < into.length; ) {
      const bytes = await this.#readSome(into, done, position + done);
      if (bytes === 0) throw unreadable(this.#path, new Error('the file has become shorter'));
      done += bytes;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  #readSome(into: Uint8Array, offset: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#file.fd, into, offset, into.length - offset, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(unreadable(this.#path, error));
      });
    });
  }
}

/** A file that exists, open for writing. */
export class TargetFile implements AsyncDisposable {
  readonly #path: string;
  readonly #file: FileHandle;
  #last: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** @throws VHD_TARGET_UNUSABLE */
  static async open(path: string): Promise<TargetFile> {
    try {
      return new TargetFile(path, await open(path, 'r+'));
    } catch (cause) {
      throw unwritable(path, cause);
    }
  }

  /**
   * Writes `parts` one behind the other. One write at a time: file systems let no two write to one file, and the
   * second would spin meanwhile.
   *
   * @throws VHD_TARGET_UNUSABLE
   */
  write(parts: readonly Uint8Array[], position: number): Promise<void> {
    const written = this.#last.then(() => this.#writeAll(parts, position));
    this.#last = written.catch(() => undefined);
    return written;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }

  async #writeAll(parts: readonly Uint8Array[], position: number): Promise<void> {
    const total = parts.reduce((sum, { length }) => sum + length, 0);
    let written = await this.#writeSome(parts, position);
    if (written === total) return;
    const rest = Buffer.concat(parts);
    while (written < total) written += await this.#writeSome([rest.subarray(written)], position + written);
  }

  #writeSome(parts: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      writev(this.#file.fd, parts, position, (error, bytes) => {
        if (error === null) resolve(bytes);
        else reject(unwritable(this.#path, error));
      });
    });
  }
}

function unreadable(path: string, cause: unknown): VhdError {
  return new VhdError('VHD_SOURCE_UNUSABLE', `reading ${path}`, { cause });
}

function unwritable(path: string, cause: unknown): VhdError {
  return new VhdError('VHD_TARGET_UNUSABLE', `writing ${path}`, { cause });
}
