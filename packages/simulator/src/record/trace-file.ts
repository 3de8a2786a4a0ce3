import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { type Clock, errorCode, errorText, nowSec } from '@nodepool/runtime';
import { SimulatorError } from '../errors.js';
import type { NewTraceLine } from '../trace/schema.js';

export interface TraceFileOptions {
  readonly path: string;
  /** When a file is larger than this it is put aside and another begun, bytes. */
  readonly maxBytes: number;
  /** Files put aside that are kept, as `path.1` (the newest), `path.2` and so on. */
  readonly keep: number;
  readonly clock: Clock;
}

/** Lines that wait for the disk may take so much memory, bytes; beyond that the recording ends. */
const maxWaitingBytes = 64 * 2 ** 20;

/** A trace on disk, written in order and rotated. What stands at its path already is put aside first. */
export class TraceFile implements AsyncDisposable {
  readonly #options: TraceFileOptions;
  readonly #failure = new AbortController();
  #file: FileHandle;
  #bytes = 0;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;

  private constructor(file: FileHandle, options: TraceFileOptions) {
    this.#file = file;
    this.#options = options;
  }

  /** @throws SimulatorError `NP_TRACE_WRITE`. */
  static async open(options: TraceFileOptions): Promise<TraceFile> {
    try {
      await putAside(options);
      const trace = new TraceFile(await open(options.path, 'wx', 0o640), options);
      trace.#begin();
      return trace;
    } catch (error) {
      throw cannotWrite(options.path, error);
    }
  }

  /** Aborts with a SimulatorError when the trace cannot be written any more. */
  get failed(): AbortSignal {
    return this.#failure.signal;
  }

  write(line: NewTraceLine): void {
    if (this.failed.aborted) return;
    const text = `${JSON.stringify(line)}\n`;
    this.#waiting.push(text);
    this.#waitingBytes += Buffer.byteLength(text);
    if (this.#waitingBytes > maxWaitingBytes) this.#fail(new Error('the disk is too slow'));
    if (!this.#isWriting) this.#writing = this.#writeAll();
  }

  /** Writes what waits, and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    await this.#file.close();
  }

  #begin(): void {
    this.write({ kind: 'trace', version: 1, at: nowSec(this.#options.clock) });
  }

  /** Everything that waits goes in one write; what comes meanwhile in the next. */
  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#waiting.length > 0 && !this.failed.aborted) {
        const text = this.#waiting.join('');
        this.#waiting = [];
        this.#bytes += this.#waitingBytes;
        this.#waitingBytes = 0;
        await this.#file.appendFile(text);
        if (this.#bytes >= this.#options.maxBytes) await this.#rotate();
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isWriting = false;
    }
  }

  async #rotate(): Promise<void> {
    await this.#file.close();
    await putAside(this.#options);
    this.#file = await open(this.#options.path, 'wx', 0o640);
    this.#bytes = 0;
    const { clock } = this.#options;
    await this.#file.appendFile(`${JSON.stringify({ kind: 'trace', version: 1, at: nowSec(clock) })}\n`);
  }

  #fail(error: unknown): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#failure.abort(cannotWrite(this.#options.path, error));
  }
}

/** Makes room at the path: every file that was put aside moves one place on. */
async function putAside({ path, keep }: TraceFileOptions): Promise<void> {
  await rm(`${path}.${keep + 1}`, { force: true });
  for (let place = keep; place >= 0; place -= 1) {
    await moveIfThere(place === 0 ? path : `${path}.${place}`, `${path}.${place + 1}`);
  }
  await rm(`${path}.${keep + 1}`, { force: true });
}

async function moveIfThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

function cannotWrite(path: string, cause: unknown): SimulatorError {
  return new SimulatorError('NP_TRACE_WRITE', `writing ${path}: ${errorText(cause)}`, { cause });
}
