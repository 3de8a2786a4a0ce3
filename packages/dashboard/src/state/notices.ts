import type { Clock } from '@nodepool/runtime';
import { Observable } from './observable.js';

/** A short message that goes away by itself. */
export interface Notice {
  readonly number: number;
  readonly text: string;
}

const shownMs = 8_000;

/** Tells the operator what was done. */
export class Notices {
  readonly shown = new Observable<readonly Notice[]>([]);
  readonly #clock: Clock;
  #count = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  tell(text: string): void {
    this.#count += 1;
    const notice = { number: this.#count, text };
    this.shown.set([...this.shown.value.slice(-3), notice]);
    void this.#clock.sleep(shownMs).then(() => this.dismiss(notice.number));
  }

  dismiss(number: number): void {
    this.shown.set(this.shown.value.filter((notice) => notice.number !== number));
  }
}
