import type { NodeBefore, SimNode } from '../model/inventory.js';
import type { LaunchResult } from '../model/world.js';
import type { PoolReport } from './report.js';
import { TimeWeighted } from './time-weighted.js';

/** Parts into which the time of the trace is divided for the series of a report. */
export const seriesParts = 48;

/** What one pool is used for over time, and how its launches end. */
export class PoolTally {
  readonly #pool: Pick<PoolReport, 'provider' | 'pool' | 'limits'>;
  readonly #nodes: TimeWeighted;
  readonly #inUse: TimeWeighted;
  readonly #waiting: TimeWeighted;
  readonly #launches: Record<LaunchResult, number> = { ready: 0, failed: 0, aborted: 0 };
  #unused = 0;

  constructor(pool: Pick<PoolReport, 'provider' | 'pool' | 'limits'>, startMs: number, endMs: number) {
    this.#pool = pool;
    const overTime = (): TimeWeighted => new TimeWeighted(startMs, endMs, seriesParts);
    this.#nodes = overTime();
    this.#inUse = overTime();
    this.#waiting = overTime();
  }

  nodeChanged({ state, served }: SimNode, before: NodeBefore | undefined, gone: boolean, nowMs: number): void {
    if (before === undefined) this.#nodes.add(1, nowMs);
    if (gone) this.#nodes.add(-1, nowMs);
    if (before === undefined || gone || before.state === state) return;
    if (state === 'in-use') this.#inUse.add(1, nowMs);
    if (before.state === 'in-use') this.#inUse.add(-1, nowMs);
    if (before.state === 'ready' && state === 'deleting' && !served) this.#unused += 1;
  }

  pausedChanged(paused: boolean, nowMs: number): void {
    this.#waiting.add(paused ? 1 : -1, nowMs);
  }

  launchEnded(result: LaunchResult): void {
    this.#launches[result] += 1;
  }

  report(nowMs: number): PoolReport {
    const { failed, aborted } = this.#launches;
    return {
      ...this.#pool,
      nodes: overview(this.#nodes, nowMs),
      inUse: overview(this.#inUse, nowMs),
      waitingShare: this.#waiting.average(nowMs),
      launches: { ...this.#launches },
      wasted: failed + aborted + this.#unused,
    };
  }
}

function overview(value: TimeWeighted, nowMs: number): PoolReport['nodes'] {
  return { average: value.average(nowMs), peak: value.peak, series: value.series(nowMs) };
}
