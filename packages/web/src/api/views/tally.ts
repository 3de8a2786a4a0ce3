import { minReadyRequestor } from '@nodepool/model';
import type { CacheChange, CachedNode, CachedRequest, StoreCaches } from '@nodepool/store';
import type { Situation } from '../schemas/index.js';

/** Running counts: what they cost does not grow with the number of nodes. */
export class Tally implements Disposable {
  readonly #caches: Pick<StoreCaches, 'nodes' | 'requests'>;
  readonly #nodes = new Counts();
  readonly #requests = new Counts();
  readonly #byProvider = new Map<string, Counts>();
  readonly #subscriptions: readonly Disposable[];
  #launched = 0;
  #failed = 0;

  constructor(caches: Pick<StoreCaches, 'nodes' | 'requests'>) {
    this.#caches = caches;
    for (const node of caches.nodes.all()) this.#countNode(node, 1);
    for (const { record } of caches.requests.all()) this.#requests.add(record.state, 1);
    this.#subscriptions = [
      caches.nodes.onChange((change) => this.#nodeChanged(change)),
      caches.requests.onChange((change) => this.#requestChanged(change)),
    ];
  }

  /** Nodes of a provider by state. */
  nodesOf(provider: string): Record<string, number> {
    return this.#byProvider.get(provider)?.toRecord() ?? {};
  }

  situation(nowMs: number): Situation {
    const oldest = this.#oldestRequest();
    return {
      time: nowMs / 1000,
      nodes: this.#nodes.toRecord(),
      requests: this.#requests.toRecord(),
      oldest_request: oldest?.record.id ?? null,
      oldest_request_time: oldest === undefined ? null : waitingSince(oldest),
      launched: this.#launched,
      failed: this.#failed,
    };
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }

  #nodeChanged({ before, after }: CacheChange<CachedNode>): void {
    if (before !== undefined) this.#countNode(before, -1);
    if (after !== undefined) this.#countNode(after, 1);
    const [was, is] = [before?.record.state, after?.record.state];
    if (was === is || (was !== 'building' && was !== 'testing')) return;
    if (is === 'ready') this.#launched += 1;
    else if (is === 'failed' || is === 'aborted') this.#failed += 1;
  }

  #requestChanged({ before, after }: CacheChange<CachedRequest>): void {
    if (before !== undefined) this.#requests.add(before.record.state, -1);
    if (after !== undefined) this.#requests.add(after.record.state, 1);
  }

  #countNode({ record: { state, provider } }: CachedNode, amount: 1 | -1): void {
    this.#nodes.add(state, amount);
    if (provider === null) return;
    const counts = this.#byProvider.get(provider) ?? new Counts();
    this.#byProvider.set(provider, counts);
    counts.add(state, amount);
  }

  /** Nobody waits for the standing stock. */
  #oldestRequest(): CachedRequest | undefined {
    let oldest: CachedRequest | undefined;
    for (const state of ['requested', 'pending'] as const) {
      for (const request of this.#caches.requests.byState(state)) {
        if (request.record.requestor === minReadyRequestor) continue;
        if (oldest === undefined || waitingSince(request) < waitingSince(oldest)) oldest = request;
      }
    }
    return oldest;
  }
}

function waitingSince({ record }: CachedRequest): number {
  return record.createdTimeSec ?? record.stateTimeSec;
}

class Counts {
  readonly #counts = new Map<string, number>();

  add(key: string, amount: number): void {
    const count = (this.#counts.get(key) ?? 0) + amount;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }

  toRecord(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }
}
