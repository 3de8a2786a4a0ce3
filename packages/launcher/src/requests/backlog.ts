import type { CachedRequest } from '@nodepool/store';
import type { Verdict } from './decide.js';
import { RequestQueue } from './queue.js';

/**
 * The open requests as one pool sees them: to be looked at, its own to take, or waiting for something to change.
 * What changes marks only what depends on it, so that a pass costs what is new.
 */
export class Backlog {
  readonly #dirty = new Map<string, CachedRequest>();
  readonly #takeable = new RequestQueue<CachedRequest>();
  readonly #waiting = new Map<string, { readonly request: CachedRequest; readonly verdict: Verdict }>();

  get size(): number {
    return this.#dirty.size + this.#takeable.size + this.#waiting.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Looks at a request in the next pass. */
  mark(request: CachedRequest): void {
    this.#dirty.set(request.record.id, request);
  }

  drop(id: string): void {
    this.#dirty.delete(id);
    this.#takeable.delete(id);
    this.#waiting.delete(id);
  }

  /** Something changed on which every verdict rests. */
  markAll(): void {
    for (const request of this.#takeable) this.mark(request);
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

  /** Puts a request where its verdict says. */
  place(request: CachedRequest, verdict: Verdict): void {
    const { id } = request.record;
    this.#waiting.delete(id);
    if (verdict.kind === 'accept' || verdict.kind === 'wait') {
      this.#takeable.put(request.record, request);
      return;
    }
    this.#takeable.delete(id);
    if (dependsOnOthers(verdict)) this.#waiting.set(id, { request, verdict });
  }

  /** The request to take next. */
  next(): CachedRequest | undefined {
    return this.#takeable.first();
  }
}

function dependsOnOthers(verdict: Verdict): boolean {
  if (verdict.kind === 'leave') return verdict.because === 'declined-before';
  return verdict.kind === 'yield' || verdict.kind === 'defer';
}
