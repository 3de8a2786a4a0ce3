import type { Clock } from '@nodepool/runtime';
import type { StoreCaches } from '@nodepool/store';
import type { HistoryPoint, Situation } from '../schemas/index.js';
import type { Tally } from './tally.js';

export const historyStepSec = 10;

/** An hour. */
const maxPoints = 360;

export interface HistoryDeps {
  readonly tally: Tally;
  readonly caches: Pick<StoreCaches, 'nodes' | 'components'>;
  readonly clock: Clock;
  /** Told of each new point. */
  readonly onPoint: (point: HistoryPoint) => void;
}

/** The charts' data: one point every ten seconds, in memory. */
export class History {
  readonly startedSec: number;
  readonly #deps: HistoryDeps;
  readonly #points: HistoryPoint[] = [];
  #last: Situation;

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
    this.startedSec = deps.clock.now() / 1000;
    this.#last = deps.tally.situation(deps.clock.now());
  }

  get points(): readonly HistoryPoint[] {
    return this.#points;
  }

  /** Takes points until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(historyStepSec * 1000, signal).catch(() => undefined);
      if (!signal.aborted) this.#take();
    }
  }

  #take(): void {
    const { tally, caches, clock, onPoint } = this.#deps;
    const now = tally.situation(clock.now());
    const used = Array.from(caches.components.pools(), ({ providerName, name }): readonly [string, number] => [
      `${providerName}/${name}`,
      caches.nodes.usedByPool(providerName ?? '', name ?? '')['instances'] ?? 0,
    ]);
    const point = {
      time: now.time,
      nodes: now.nodes,
      requests: now.requests,
      oldest_wait: now.oldest_request_time === null ? null : Math.max(0, now.time - now.oldest_request_time),
      launched: now.launched - this.#last.launched,
      failed: now.failed - this.#last.failed,
      used: Object.fromEntries(used),
    };
    this.#last = now;
    this.#points.push(point);
    if (this.#points.length > maxPoints) this.#points.shift();
    onPoint(point);
  }
}
