import { type LabelReport, type RequestCounts, waitTimes } from './report.js';

export type RequestEnd = Exclude<keyof RequestCounts, 'requests'>;

interface Count {
  readonly ends: Record<RequestEnd, number>;
  readonly waitsSec: number[];
}

/** Counts how requests end. One for several labels counts for each of them once. */
export class RequestTally {
  readonly #all = newCount();
  readonly #labels = new Map<string, Count>();

  ended(labels: readonly string[], how: RequestEnd, waitSec: number): void {
    for (const count of [this.#all, ...new Set(labels.map((label) => this.#of(label)))]) {
      count.ends[how] += 1;
      if (how === 'fulfilled') count.waitsSec.push(waitSec);
    }
  }

  all(): Omit<LabelReport, 'label'> {
    return toReport(this.#all);
  }

  labels(): readonly LabelReport[] {
    const labels = Array.from(this.#labels, ([label, count]) => ({ label, ...toReport(count) }));
    return labels.sort((left, right) => (left.label < right.label ? -1 : 1));
  }

  #of(label: string): Count {
    const count = this.#labels.get(label) ?? newCount();
    this.#labels.set(label, count);
    return count;
  }
}

function newCount(): Count {
  return { ends: { fulfilled: 0, failed: 0, cancelled: 0, waiting: 0 }, waitsSec: [] };
}

function toReport({ ends, waitsSec }: Count): Omit<LabelReport, 'label'> {
  const requests = Object.values(ends).reduce((sum, count) => sum + count, 0);
  return { requests, ...ends, waitSec: waitTimes(waitsSec) };
}
