import { FakeClock } from '@nodepool/runtime/testing';

/** Deadlines are longer than this, pauses between repetitions shorter; milliseconds. */
const longestPauseMs = 20_000;

/** A clock that stands still, and on which pauses between repetitions take no time. */
export class HastyClock extends FakeClock {
  readonly pauses: number[] = [];

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms >= longestPauseMs) return super.sleep(ms, signal);
    this.pauses.push(ms);
    return Promise.resolve();
  }
}
