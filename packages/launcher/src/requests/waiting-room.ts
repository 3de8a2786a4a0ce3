import { compareRequests, type NodeRequest } from '@nodepool/model';

/** A request that waits for room, as the waiting room sees its handler. */
export interface Waiting {
  readonly request: NodeRequest;
  /** Still waits; one that goes on leaves the room by itself. */
  readonly paused: boolean;
  /** Not to be tried before this time, monotonic milliseconds; 0 when only room is missing. */
  readonly notBeforeMs: number;
  /** Since when it waits, monotonic milliseconds. */
  readonly pausedSinceMs: number;
  /** Has some of its nodes while it waits for the others. */
  readonly holdsNodes: boolean;
  /** Decides anew. */
  retry(): void;
  /** Gives its nodes and its request back. */
  reset(): void;
}

/**
 * How long a request may keep nodes from others while it waits for more. Two pools, or two launchers, may each hold
 * what the other needs; then nothing else would ever end it.
 */
export const holdLimitMs = 300_000;

/** The requests of one pool that wait for room, served in their order. */
export class WaitingRoom<T extends Waiting> {
  readonly #waiting = new Set<T>();
  #roomChanged = false;

  get size(): number {
    return this.#waiting.size;
  }

  has(handler: T): boolean {
    return this.#waiting.has(handler);
  }

  add(handler: T): void {
    this.#waiting.add(handler);
  }

  delete(handler: T): void {
    if (this.#waiting.delete(handler)) this.#roomChanged = true;
  }

  /** The next pass tries everybody. */
  roomMayHaveAppeared(): void {
    this.#roomChanged = true;
  }

  /**
   * Tries those that wait, in the order of their requests: whoever fits first goes on.
   *
   * @returns the monotonic time of the next try that needs no event, milliseconds, or undefined.
   */
  pass(nowMs: number): number | undefined {
    this.#leave();
    if (this.#waiting.size === 0) return undefined;
    const inOrder = [...this.#waiting].sort((left, right) => compareRequests(left.request, right.request));
    if (this.#roomChanged || inOrder.some(({ notBeforeMs }) => notBeforeMs > 0 && notBeforeMs <= nowMs)) {
      this.#roomChanged = false;
      for (const handler of inOrder) handler.retry();
      this.#leave();
      this.#breakDeadlock(inOrder.filter((handler) => this.#waiting.has(handler)));
    }
    for (const handler of inOrder)
      if (handler.holdsNodes && nowMs >= handler.pausedSinceMs + holdLimitMs) handler.reset();
    this.#leave();
    return this.#nextMs(nowMs);
  }

  #leave(): void {
    for (const handler of this.#waiting) if (!handler.paused) this.#waiting.delete(handler);
  }

  /** Each of several may hold what the others wait for: the last gives up what it has for the first. */
  #breakDeadlock([first, ...others]: readonly T[]): void {
    if (first === undefined || first.notBeforeMs > 0) return;
    others.findLast(({ holdsNodes }) => holdsNodes)?.reset();
  }

  #nextMs(nowMs: number): number | undefined {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { notBeforeMs, pausedSinceMs, holdsNodes } of this.#waiting) {
      if (notBeforeMs > nowMs) nextMs = Math.min(nextMs, notBeforeMs);
      if (holdsNodes) nextMs = Math.min(nextMs, pausedSinceMs + holdLimitMs);
    }
    return Number.isFinite(nextMs) ? nextMs : undefined;
  }
}
