import { fstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '@nodepool/runtime';
import { destination as openDestination } from 'pino';
import { DaemonError } from '../errors.js';
import type { LogTarget } from './log-plan.js';

/** Takes text and writes it somewhere, later but in order. */
export interface Sink extends Disposable {
  write(text: string): void;
  /** Everything is written when this returns. */
  flush(): void;
}

type Destination = ReturnType<typeof openDestination>;

/** Text that waits for a disk or a pipe, bytes; what comes on top of it is dropped. */
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

function openStream(fd: number, onError: (error: Error) => void): Destination {
  const stream = openDestination({ dest: fd, sync: false, maxLength: maxWaitingBytes });
  stream.on('error', onError);
  return stream;
}

function streamSink(stream: Destination): Sink {
  return {
    write: (text) => void stream.write(text),
    flush: () => flush(stream),
    [Symbol.dispose]: () => {
      flush(stream);
      stream.end();
    },
  };
}

function flush(stream: Destination): void {
  try {
    stream.flushSync();
  } catch {
    // The disk is full or the reader has gone: the stream's own errors were told of already.
  }
}

/** Re-opens its path when log rotation has put another file, or none, there. */
class FileSink implements Sink {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  #stream: Destination;
  #inode: number;
  #lookedAtMs: number;

  constructor(path: string, clock: Clock, onError: (error: Error) => void) {
    this.#path = path;
    this.#clock = clock;
    this.#onError = onError;
    this.#lookedAtMs = clock.monotonicMs();
    // Opened at once, so that what is logged just before the program gives up is not lost.
    const { fd, inode } = openFile(path);
    this.#inode = inode;
    this.#stream = openStream(fd, onError);
  }

  write(text: string): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lookedAtMs >= lookIntervalMs) {
      this.#lookedAtMs = nowMs;
      this.#reopenIfMoved();
    }
    this.#stream.write(text);
  }

  flush(): void {
    flush(this.#stream);
  }

  [Symbol.dispose](): void {
    this.flush();
    this.#stream.end();
  }

  #reopenIfMoved(): void {
    try {
      if (statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#inode) return;
      const { fd, inode } = openFile(this.#path);
      this[Symbol.dispose]();
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
