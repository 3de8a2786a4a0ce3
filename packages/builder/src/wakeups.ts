import { type Clock, Wakeup } from '@nodepool/runtime';

/** One wake-up for each loop; every event concerns all of them but the search for leaks, which asks the clouds. */
export class Wakeups {
  readonly builds: Wakeup;
  readonly uploads: Wakeup;
  readonly retention: Wakeup;
  readonly leaks: Wakeup;
  readonly status: Wakeup;
  readonly #jobListeners = new Set<() => void>();

  constructor(clock: Clock) {
    this.builds = new Wakeup(clock);
    this.uploads = new Wakeup(clock);
    this.retention = new Wakeup(clock);
    this.leaks = new Wakeup(clock);
    this.status = new Wakeup(clock);
  }

  mark(): void {
    this.builds.mark();
    this.uploads.mark();
    this.retention.mark();
  }

  /** A job has begun, has got on, or has ended. */
  markJobs(): void {
    this.status.mark();
    for (const listener of [...this.#jobListeners]) listener();
  }

  /** Calls back at every {@link markJobs}. */
  onJobs(listener: () => void): Disposable {
    this.#jobListeners.add(listener);
    return { [Symbol.dispose]: () => void this.#jobListeners.delete(listener) };
  }
}
