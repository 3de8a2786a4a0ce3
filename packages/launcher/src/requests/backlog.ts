import type { CachedRequest } from '@nodepool/store';
import type { Verdict } from './decide.js';
import { RequestQueue } from './queue.js';

/**
 * The open requests as one pool sees them: to be looked at, its own to take, left to another pool whose turn it is, or
 * waiting for something to change. What changes marks only what depends on it, so that a pass costs what is new.
 */
export class Backlog {
  readonly #dirty = new Map<string, CachedRequest>();
  readonly #takeable = new RequestQueue<CachedRequest>();
  /** Left to others, until the monotonic time in milliseconds. */
  readonly #left = new Map<string, { readonly request: CachedRequest; readonly untilMs: number }>();
  /** The others have had their time. */
  readonly #overdue = new RequestQueue<CachedRequest>();
  /** When a request is anybody's: what changes about it does not give the others more time. */
  readonly #untilMs = new Map<string, number>();
  readonly #waiting = new Map<string, { readonly request: CachedRequest; readonly verdict: Verdict }>();
  #nextMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#dirty.size + this.#takeable.size + this.#left.size + this.#overdue.size + this.#waiting.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** When the next request that is left to others is anybody's, monotonic milliseconds. */
  get nextMs(): number | undefined {
    return Number.isFinite(this.#nextMs) ? this.#nextMs : undefined;
  }

  /** Looks at a request in the next pass. */
  mark(request: CachedRequest): void {
    this.#dirty.set(request.record.id, request);
  }

  drop(id: string): void {
    this.#dirty.delete(id);
    this.#forget(id);
    this.#untilMs.delete(id);
    this.#waiting.delete(id);
  }

  /** Something changed on which every verdict rests. */
  markAll(): void {
    for (const queue of [this.#takeable, this.#overdue]) for (const request of queue) this.mark(request);
    for (const { request } of this.#left.values()) this.mark(request);
    this.markWaiting(() => true);
  }

  /** Something changed on which the chosen verdicts rest. */
  markWaiting(depends: (verdict: Verdict) => boolean): void {
    for (const { request, verdict } of this.#waiting.values()) {
      if (depends(verdict)) this.mark(request);
    }
  }

  /** Hands out what is to be looked at, once. */
  takeDirty(): readonly CachedRequest[] {
    const requests = [...this.#dirty.values()];
    this.#dirty.clear();
    return requests;
  }

  /**
   * Puts a request where its verdict says.
   *
   * @param untilMs until when one that could be taken is left to another pool; undefined when it is our turn.
   */
  place(request: CachedRequest, verdict: Verdict, untilMs?: number): void {
    const { id } = request.record;
    this.#waiting.delete(id);
    this.#forget(id);
    if (verdict.kind === 'accept' || verdict.kind === 'wait') {
      if (untilMs === undefined) this.#takeable.put(request.record, request);
      else this.#leave(request, untilMs);
    } else if (dependsOnOthers(verdict)) this.#waiting.set(id, { request, verdict });
  }

  /** What others have not taken in time is anybody's from now on. */
  pass(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const [id, { request, untilMs }] of this.#left) {
      if (untilMs > nowMs) this.#nextMs = Math.min(this.#nextMs, untilMs);
      else {
        this.#left.delete(id);
        this.#overdue.put(request.record, request);
      }
    }
  }

  /** The request to take next. */
  next(): CachedRequest | undefined {
    return this.#takeable.first();
  }

  /**
   * One that another pool should have taken: of the most urgent ones one that it would come to last, so that who helps
   * does not get in its way.
   *
   * @param chance a number from 0 to 1, 1 excluded.
   */
  nextOverdue(chance: () => number): CachedRequest | undefined {
    return this.#overdue.size === 0 ? undefined : this.#overdue.oneOfTheLast(chance());
  }

  #leave(request: CachedRequest, wantedMs: number): void {
    const { id } = request.record;
    const untilMs = this.#untilMs.get(id) ?? wantedMs;
    this.#untilMs.set(id, untilMs);
    this.#left.set(id, { request, untilMs });
    this.#nextMs = Math.min(this.#nextMs, untilMs);
  }

  #forget(id: string): void {
    this.#takeable.delete(id);
    this.#left.delete(id);
    this.#overdue.delete(id);
  }
}

function dependsOnOthers(verdict: Verdict): boolean {
  if (verdict.kind === 'leave') return verdict.because === 'declined-before';
  return verdict.kind === 'yield' || verdict.kind === 'defer';
}
