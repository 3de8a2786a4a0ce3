/** An answer as it goes out. */
export interface Answer {
  readonly contentType: string;
  readonly body: string;
  readonly madeAtMs: number;
}

/** Enough for every path in both forms and some choices of columns; more would let a caller fill the memory. */
const maxEntries = 100;

/** Answers of the last second: what everybody asks for at once is made once. */
export class AnswerCache {
  readonly #answers = new Map<string, Promise<Answer>>();
  readonly #madeAtMs = new Map<string, number>();

  /**
   * @param key path, query and form.
   * @param make is not called when there is an answer younger than a second.
   */
  async get(key: string, nowMs: number, make: () => Promise<Answer>): Promise<Answer> {
    const known = this.#answers.get(key);
    if (known !== undefined && nowMs - (this.#madeAtMs.get(key) ?? 0) < lifetimeMs) return await known;
    this.#drop(key);
    const oldest = this.#answers.size >= maxEntries ? this.#answers.keys().next().value : undefined;
    if (oldest !== undefined) this.#drop(oldest);
    const answer = make();
    this.#answers.set(key, answer);
    this.#madeAtMs.set(key, nowMs);
    try {
      return await answer;
    } catch (error) {
      if (this.#answers.get(key) === answer) this.#drop(key);
      throw error;
    }
  }

  #drop(key: string): void {
    this.#answers.delete(key);
    this.#madeAtMs.delete(key);
  }
}

/** How long an answer holds. Source: docs/compatibility/interfaces.md section 3. */
export const lifetimeMs = 1_000;
