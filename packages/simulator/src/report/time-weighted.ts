/** A number that changes now and then, averaged over a window of time and over equal parts of it. */
export class TimeWeighted {
  readonly #startMs: number;
  readonly #partMs: number;
  readonly #sums: number[];
  #value = 0;
  #sinceMs: number;
  #peak = 0;
  #part = 0;

  /** @param parts of the window that are averaged by themselves. */
  constructor(startMs: number, endMs: number, parts: number) {
    this.#startMs = startMs;
    this.#sinceMs = startMs;
    this.#partMs = Math.max(1, endMs - startMs) / parts;
    this.#sums = Array.from({ length: parts }, () => 0);
  }

  get peak(): number {
    return this.#peak;
  }

  /** From now on it is `by` more. */
  add(by: number, nowMs: number): void {
    this.#pass(nowMs);
    this.#value += by;
    if (nowMs <= this.#endMs) this.#peak = Math.max(this.#peak, this.#value);
  }

  /** The average of each part, up to `nowMs`. */
  series(nowMs: number): readonly number[] {
    this.#pass(nowMs);
    return this.#sums.map((sum) => sum / this.#partMs);
  }

  average(nowMs: number): number {
    const series = this.series(nowMs);
    return series.reduce((sum, value) => sum + value, 0) / series.length;
  }

  get #endMs(): number {
    return this.#startMs + this.#partMs * this.#sums.length;
  }

  #pass(nowMs: number): void {
    const last = this.#sums.length - 1;
    while (this.#sinceMs < nowMs && this.#part <= last) {
      const stopMs = Math.min(nowMs, this.#startMs + this.#partMs * (this.#part + 1));
      this.#sums[this.#part] = (this.#sums[this.#part] ?? 0) + this.#value * (stopMs - this.#sinceMs);
      this.#sinceMs = stopMs;
      if (stopMs < nowMs) this.#part += 1;
    }
  }
}
