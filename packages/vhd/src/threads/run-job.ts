import { VhdError } from '../errors.js';
import { announce, chunkBytes, type Job, type Layout, makeControl, slotCount, type Told, words } from './control.js';
import type { CopyOrder, ScanOrder } from './copy-thread.js';
import type { HashThreadData } from './hash-thread.js';
import { startThread, type Thread } from './thread.js';

/** One digest to compute on the way. */
export interface DigestOrder {
  readonly name: string;
  readonly algorithm: string;
  readonly subject: 'source' | 'target';
}

/** Where the bytes go, once it is known which blocks hold data. */
export type JobLayout = Pick<Layout, 'leader' | 'prefix' | 'suffix' | 'fileBytes'> & { readonly offsets: Float64Array };

export interface JobOptions {
  readonly source: string;
  readonly sourceBytes: number;
  readonly blockBytes: number;
  /** By block; false where it is known to be zero. */
  readonly mayHoldData: readonly boolean[];
  /** Whether to look at the blocks before they are copied, for blocks of zeros. */
  readonly scan: boolean;
  readonly layout: (holdsData: readonly boolean[]) => Promise<JobLayout>;
  /** An existing file; null only computes digests. */
  readonly target: string | null;
  readonly digests: readonly DigestOrder[];
  readonly copyThreads: number;
  readonly signal: AbortSignal | undefined;
  /** Told the bytes read since the last time, and those to read in all. */
  readonly onProgress: ((readBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * Copies the blocks of a file that hold data to their places in another, in threads, and computes digests of either on
 * the way. The buffers take {@link slotCount} times {@link chunkBytes}, whatever the size of the file.
 *
 * @returns the digests by name.
 * @throws VHD_SOURCE_UNUSABLE, VHD_TARGET_UNUSABLE, VHD_CALLED_OFF; no thread runs any more then.
 */
export async function runJob(options: JobOptions): Promise<ReadonlyMap<string, string>> {
  const threads = new JobThreads(options);
  try {
    return await threads.run();
  } finally {
    await threads.end();
  }
}

class JobThreads {
  readonly #options: JobOptions;
  readonly #job: Job;
  readonly #threads: Thread[] = [];
  readonly #digests = new Map<string, string>();
  readonly #failure = Promise.withResolvers<never>();
  #phase = Promise.withResolvers<void>();
  #awaited = 0;
  #readBytes = 0;
  #totalBytes = 0;

  constructor(options: JobOptions) {
    const { source, sourceBytes, blockBytes } = options;
    this.#options = options;
    this.#job = { control: makeControl(options.digests.length), source, sourceBytes, blockBytes };
    this.#failure.promise.catch(() => undefined);
  }

  async run(): Promise<ReadonlyMap<string, string>> {
    const { signal, mayHoldData, digests, target } = this.#options;
    if (signal?.aborted === true) throw calledOff(signal);
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    const copiers = this.#startCopiers();
    const holdsData = this.#options.scan ? await this.#scan(copiers) : mayHoldData;
    const layout = this.#shared(await this.#options.layout(holdsData), holdsData);

    Atomics.store(this.#job.control, words.next, 0);
    this.#await(copiers.length + digests.length);
    digests.forEach((digest, hasher) => {
      const data: HashThreadData = { ...this.#job, ...digest, hasher };
      this.#start('hash', data).order(layout);
    });
    const order: CopyOrder = { kind: 'copy', layout, target };
    for (const copier of copiers) copier.order(order);
    await this.#phaseEnd();
    return this.#digests;
  }

  async end(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    Atomics.store(this.#job.control, words.stop, 1);
    announce(this.#job.control);
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  readonly #onAbort = (): void => {
    this.#failure.reject(calledOff(this.#options.signal));
  };

  #startCopiers(): readonly Thread[] {
    return Array.from({ length: this.#options.copyThreads }, () => this.#start('copy', this.#job));
  }

  #start(name: 'copy' | 'hash', data: object): Thread {
    const thread = startThread(name, data, (told) => this.#onTold(told));
    this.#threads.push(thread);
    return thread;
  }

  async #scan(copiers: readonly Thread[]): Promise<readonly boolean[]> {
    const { mayHoldData } = this.#options;
    const map = new Uint8Array(new SharedArrayBuffer(mayHoldData.length));
    map.set(mayHoldData.map(Number));
    this.#await(copiers.length);
    const order: ScanOrder = { kind: 'scan', map };
    for (const copier of copiers) copier.order(order);
    await this.#phaseEnd();
    return [...map].map((flag) => flag === 1);
  }

  #shared(layout: JobLayout, holdsData: readonly boolean[]): Layout {
    const { blockBytes, sourceBytes } = this.#job;
    const numbers = holdsData.flatMap((isData, block) => (isData ? [block] : []));
    const dataBlocks = new Uint32Array(new SharedArrayBuffer(4 * numbers.length));
    dataBlocks.set(numbers);
    const offsets = new Float64Array(new SharedArrayBuffer(8 * layout.offsets.length));
    offsets.set(layout.offsets);
    const last = numbers.at(-1);
    const cutBytes = last === undefined ? 0 : Math.max(0, (last + 1) * blockBytes - sourceBytes);
    this.#totalBytes = numbers.length * blockBytes - cutBytes;
    return { ...layout, dataBlocks, offsets, ring: new Uint8Array(new SharedArrayBuffer(slotCount * chunkBytes)) };
  }

  #await(threads: number): void {
    this.#awaited = threads;
    this.#phase = Promise.withResolvers<void>();
  }

  #phaseEnd(): Promise<void> {
    return Promise.race([this.#phase.promise, this.#failure.promise]);
  }

  #onTold(told: Told): void {
    switch (told.kind) {
      case 'progress':
        this.#readBytes += told.bytes;
        this.#options.onProgress?.(this.#readBytes, this.#totalBytes);
        return;
      case 'failed':
        this.#failure.reject(failureOf(told, this.#options));
        return;
      case 'digest':
        this.#digests.set(told.name, told.digest);
    }
    this.#awaited -= 1;
    if (this.#awaited === 0) this.#phase.resolve();
  }
}

function calledOff(signal: AbortSignal | undefined): VhdError {
  return new VhdError('VHD_CALLED_OFF', 'the work was called off', { cause: signal?.reason });
}

function failureOf(told: Extract<Told, { kind: 'failed' }>, { source, target }: JobOptions): VhdError {
  const cause = Object.assign(new Error(told.message), told.code === undefined ? {} : { code: told.code });
  if (told.side === 'source') return new VhdError('VHD_SOURCE_UNUSABLE', `reading ${source}`, { cause });
  return new VhdError('VHD_TARGET_UNUSABLE', `writing ${target ?? 'nothing'}`, { cause });
}
