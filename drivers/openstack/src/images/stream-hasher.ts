import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { HashOrder, HashReport, HashWorkerData } from './hash-worker.js';

/** Digests by algorithm, lower-case hexadecimal. */
export type Digests = Readonly<Record<string, string>>;

/** Small enough to wait for, large enough that messages between threads cost nothing. */
const pieceBytes = 1024 * 1024;

/** Pieces that may wait to be hashed. */
const slotCount = 4;

/**
 * Computes digests of a stream in a thread of its own, so that the event loop is free for the network. Pieces are copied
 * into memory that both threads see; its size bounds what can wait, and so slows a reader down to the pace of hashing.
 */
export class StreamHasher implements AsyncDisposable {
  readonly #worker: Worker;
  readonly #memory = new SharedArrayBuffer(slotCount * pieceBytes);
  readonly #free: number[] = Array.from({ length: slotCount }, (_, slot) => slot);
  readonly #waitingForSlot: PromiseWithResolvers<number>[] = [];
  readonly #waitingForDigests: PromiseWithResolvers<Digests>[] = [];
  #failure: Error | undefined;

  constructor(algorithms: readonly string[]) {
    const workerData: HashWorkerData = { algorithms, memory: this.#memory, pieceBytes };
    this.#worker = new Worker(new URL(`./hash-worker${extname(import.meta.url)}`, import.meta.url), { workerData });
    this.#worker.on('message', (report: HashReport) => this.#take(report));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the hashing thread has ended')));
  }

  /** Resolves when `bytes` has been copied and may be used for something else. */
  async update(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += pieceBytes) {
      const piece = bytes.subarray(from, from + pieceBytes);
      const slot = this.#free.pop() ?? (await this.#waitIn(this.#waitingForSlot));
      new Uint8Array(this.#memory, slot * pieceBytes, piece.length).set(piece);
      this.#order({ slot, length: piece.length });
    }
  }

  /** The digests of everything since the start, or since they were last asked for. */
  async digest(): Promise<Digests> {
    const digests = this.#waitIn(this.#waitingForDigests);
    this.#order(null);
    return await digests;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }

  #order(order: HashOrder): void {
    this.#worker.postMessage(order);
  }

  #waitIn<T>(queue: PromiseWithResolvers<T>[]): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const place = Promise.withResolvers<T>();
    queue.push(place);
    return place.promise;
  }

  #take(report: HashReport): void {
    if ('digests' in report) {
      this.#waitingForDigests.shift()?.resolve(report.digests);
      return;
    }
    const waiting = this.#waitingForSlot.shift();
    if (waiting === undefined) this.#free.push(report.slot);
    else waiting.resolve(report.slot);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const place of this.#waitingForSlot.splice(0)) place.reject(error);
    for (const place of this.#waitingForDigests.splice(0)) place.reject(error);
  }
}
