import { fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@nodepool/runtime';
import { destination as openDestination } from 'pino';
import { DaemonError } from '../errors.js';
import type { LogTarget } from './log-plan.js';

/** Takes text and writes it somewhere, in order, by the end of the current turn of the event loop. */
export interface Sink extends Disposable {
  write(text: string): void;
  /** Everything is written when this returns. */
  flush(): void;
}

type Destination = ReturnType<typeof openDestination>;

/** Text that a full disk has refused is kept for later up to this size; what comes on top of it is dropped. */
const maxWaitingBytes = 16 * 1024 * 1024;

/** How often the file is looked for, milliseconds: at most so long do lines go to a file that was renamed. */
const lookIntervalMs = 1000;

/**
 * @param onError told of what cannot be written; logging goes on with the next line.
 * @throws DaemonError `NP_LOG_FILE`.
 */
export function openSink(target: LogTarget, clock: Clock, onError: (error: Error) => void): Sink {
  switch (target.kind) {
    case 'stdout':
      return streamSink(openStream(1, onError));
    case 'stderr':
      return streamSink(openStream(2, onError));
    case 'file':
      return new FileSink(target.path, clock, onError);
  }
}

function streamSink(stream: Destination): Sink {
  const batch = new Batch((text) => void stream.write(text));
  return {
    write: (text) => batch.add(text),
    flush: () => batch.flush(),
    [Symbol.dispose]: () => {
      batch.flush();
      stream.end();
    },
  };
}

/**
 * Writes are synchronous, so that they keep their order and a program that ends has written what it said; a full pipe
 * makes them wait.
 */
function openStream(fd: number, onError: (error: Error) => void): Destination {
  const stream = openDestination({ dest: fd, sync: true, maxLength: maxWaitingBytes });
  stream.on('error', onError);
  return stream;
}

/** Makes one write of all that is said in one turn of the event loop. */
class Batch {
  readonly #write: (text: string) => void;
  #waiting: string[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  add(text: string): void {
    if (this.#waiting.push(text) === 1) setImmediate(() => this.flush());
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#write(text);
  }
}

/** Re-opens its path when log rotation has put another file, or none, there. */
class FileSink implements Sink {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  readonly #batch = new Batch((text) => this.#write(text));
  #stream: Destination;
  #inode: number;
  #lookedAtMs: number;

  constructor(path: string, clock: Clock, onError: (error: Error) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#onError = onError;
    this.#lookedAtMs = clock.monotonicMs();
    const { fd, inode } = openFile(path);
    this.#inode = inode;
    this.#stream = openStream(fd, onError);
  }

  write(text: string): void {
    this.#batch.add(text);
  }

  flush(): void {
    this.#batch.flush();
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#stream.end();
  }

  #write(text: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedAtMs >= lookIntervalMs) {
      this.#lookedAtMs = nowMs;
      this.#reopenIfMoved();
    }
    this.#stream.write(text);
  }

  #reopenIfMoved(): void {
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) return;
      const { fd, inode } = openFile(this.#path);
      this.#stream.end();
      this.#inode = inode;
      this.#stream = openStream(fd, this.#onError);
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function openFile(path: string): { readonly fd: number; readonly inode: number } {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const fd = openSync(path, 'a');
    return { fd, inode: fstatSync(fd).ino };
  } catch (error) {
    throw new DaemonError('NP_LOG_FILE', path, { cause: error });
  }
}
