import { isAbort, type Logger } from '@nodepool/runtime';

interface Job<Info> {
  info: Info;
  readonly done: Promise<void>;
}

/** Long work in the background, one job for each key; appears in views as running. */
export class Jobs<Info> {
  readonly #jobs = new Map<string, Job<Info>>();
  readonly #abort = new AbortController();
  readonly #log: Logger;
  readonly #onEnd: () => void;
  readonly #onChange: () => void;

  /**
   * @param onEnd called when a job has ended.
   * @param onChange called when one has begun, has more to tell, or has ended.
   */
  constructor(log: Logger, onEnd: () => void, onChange: () => void = () => undefined) {
    this.#log = log;
    this.#onEnd = onEnd;
    this.#onChange = onChange;
  }

  /** Starts `work`; false when a job with the key is running, or when jobs were called off. */
  start(key: string, info: Info, work: (signal: AbortSignal) => Promise<void>): boolean {
    if (this.#jobs.has(key) || this.#abort.signal.aborted) return false;
    // `work` must not run before the job is listed: what it writes would look like somebody else's.
    const done = Promise.resolve()
      .then(() => work(this.#abort.signal))
      .catch((error: unknown) => {
        if (!isAbort(error, this.#abort.signal)) this.#log.warn({ job: key, error }, 'job failed');
      })
      .finally(() => {
        this.#jobs.delete(key);
        this.#onEnd();
        this.#onChange();
      });
    this.#jobs.set(key, { info, done });
    this.#onChange();
    return true;
  }

  update(key: string, change: Partial<Info>): void {
    const job = this.#jobs.get(key);
    if (job === undefined) return;
    job.info = { ...job.info, ...change };
    this.#onChange();
  }

  has(key: string): boolean {
    return this.#jobs.has(key);
  }

  get size(): number {
    return this.#jobs.size;
  }

  infos(): readonly Info[] {
    return [...this.#jobs.values()].map(({ info }) => info);
  }

  /** Calls off what runs and refuses what comes. */
  abort(reason: unknown): void {
    this.#abort.abort(reason);
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map(({ done }) => done));
  }
}
