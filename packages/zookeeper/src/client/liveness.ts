export type Verdict = 'fine' | 'ping' | 'dead';

/**
 * Judges a connection by its silence: a ping after a third of the session timeout without a request of ours, the end
 * after two thirds without a word from the server. It looks twelve times per timeout.
 *
 * When a look comes late the event loop has been busy, and the silence may be ours: then the server is pinged and gets
 * another third, in which its words that wait in the socket are read first.
 */
export class Liveness {
  readonly intervalMs: number;
  readonly #thirdMs: number;
  #heardMs: number;
  #sentMs: number;
  #lookedMs: number;
  #graceUntilMs = 0;

  constructor(sessionTimeoutMs: number, nowMs: number) {
    this.intervalMs = Math.max(sessionTimeoutMs / 12, 5);
    this.#thirdMs = sessionTimeoutMs / 3;
    this.#heardMs = nowMs;
    this.#sentMs = nowMs;
    this.#lookedMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  sent(nowMs: number): void {
    this.#sentMs = nowMs;
  }

  look(nowMs: number): Verdict {
    const stalled = nowMs - this.#lookedMs > 2 * this.intervalMs;
    this.#lookedMs = nowMs;
    if (stalled) {
      this.#graceUntilMs = nowMs + this.#thirdMs;
      return 'ping';
    }
    if (nowMs - this.#heardMs > 2 * this.#thirdMs && nowMs > this.#graceUntilMs) return 'dead';
    return nowMs - this.#sentMs >= this.#thirdMs ? 'ping' : 'fine';
  }
}
