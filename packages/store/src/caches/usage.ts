import type { Resources } from '@nodepool/model';

interface Sum {
  members: number;
  readonly totals: Map<string, number>;
}

/** Running sums of resources by key. */
export class Usage {
  readonly #sums = new Map<string, Sum>();

  add(key: string, resources: Resources): void {
    const sum = this.#sums.get(key) ?? { members: 0, totals: new Map() };
    this.#sums.set(key, sum);
    sum.members += 1;
    for (const [name, amount] of Object.entries(resources)) {
      sum.totals.set(name, (sum.totals.get(name) ?? 0) + amount);
    }
  }

  remove(key: string, resources: Resources): void {
    const sum = this.#sums.get(key);
    if (sum === undefined) return;
    sum.members -= 1;
    // Starting afresh keeps rounding errors of fractions from living on.
    if (sum.members === 0) this.#sums.delete(key);
    for (const [name, amount] of Object.entries(resources)) {
      sum.totals.set(name, (sum.totals.get(name) ?? 0) - amount);
    }
  }

  of(key: string): Resources {
    return Object.fromEntries(this.#sums.get(key)?.totals ?? []);
  }
}
