import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Job, Layout, Told } from './control.js';
import type { HashThreadData } from './hash-thread.js';

/** One digest to compute on the way. */
export interface DigestOrder {
  readonly name: string;
  readonly algorithm: string;
  readonly subject: 'source' | 'target';
}

/** The threads that hash what a job reads, one for each digest. */
export class Hashers implements AsyncDisposable {
  readonly #orders: readonly DigestOrder[];
  readonly #workers: readonly Worker[];
  readonly #digests = new Map<string, string>();
  readonly #done = Promise.withResolvers<ReadonlyMap<string, string>>();

  /** @param onFailure told when a thread fails, and never after the digests are there. */
  constructor(job: Job, orders: readonly DigestOrder[], onFailure: (cause: Error) => void) {
    this.#orders = orders;
    this.#workers = orders.map((order, hasher) => this.#start({ ...job, ...order, hasher }, onFailure));
    if (orders.length === 0) this.#done.resolve(this.#digests);
  }

  begin(layout: Layout): void {
    for (const worker of this.#workers) worker.postMessage(layout);
  }

  /** Digests by name. Waits for ever when the job is stopped. */
  digests(): Promise<ReadonlyMap<string, string>> {
    return this.#done.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** The program lies beside this file, compiled or not. */
  #start(workerData: HashThreadData, onFailure: (cause: Error) => void): Worker {
    const program = new URL(`./hash-thread${extname(import.meta.url)}`, import.meta.url);
    // Small heaps: what is large lies in shared buffers.
    const resourceLimits = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };
    const worker = new Worker(program, { workerData, resourceLimits, execArgv: [] });
    worker.on('message', ({ name, digest }: Told) => {
      this.#digests.set(name, digest);
      if (this.#digests.size === this.#orders.length) this.#done.resolve(this.#digests);
    });
    worker.on('error', onFailure);
    return worker;
  }
}
