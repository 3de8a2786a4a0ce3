import type { NodeRequest } from '@nodepool/model';
import { type Clock, nowSec } from '@nodepool/runtime';
import type { CacheChange, CachedNode, CachedRequest, StoreCaches } from '@nodepool/store';
import type { NewTraceLine } from '../trace/schema.js';
import { type Holding, isEnding, nodeLines } from './node-lines.js';
import { requestLines } from './request-lines.js';

export interface RecorderDeps {
  readonly caches: Pick<StoreCaches, 'requests' | 'nodes'>;
  readonly clock: Clock;
  readonly write: (line: NewTraceLine) => void;
}

/**
 * Tells of what happens to requests and nodes, beginning with the requests that are open. It follows the caches, which
 * find out by themselves what has changed while the connection was away; what came and went meanwhile is missing.
 * What it remembers is bounded by the nodes that exist.
 */
export class Recorder implements Disposable {
  readonly #deps: RecorderDeps;
  readonly #holdings = new Map<string, Holding>();
  readonly #endingSinceSec = new Map<string, number>();
  readonly #subscriptions: readonly Disposable[];

  constructor(deps: RecorderDeps) {
    this.#deps = deps;
    const { requests, nodes } = deps.caches;
    this.#subscriptions = [
      requests.onChange((change) => this.#requestChanged(change)),
      nodes.onChange((change) => this.#nodeChanged(change)),
    ];
    for (const request of requests.all()) this.#requestChanged({ before: undefined, after: request });
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
  }

  #requestChanged({ before, after }: CacheChange<CachedRequest>): void {
    const { clock, write } = this.#deps;
    for (const line of requestLines(before?.record, after?.record, nowSec(clock))) write(line);
    if (after?.record.state === 'fulfilled' && before?.record.state !== 'fulfilled') this.#handedOut(after.record);
  }

  #handedOut({ id, nodes, stateTimeSec }: NodeRequest): void {
    for (const nodeId of nodes) {
      if (this.#deps.caches.nodes.get(nodeId) === undefined) continue;
      this.#holdings.set(nodeId, { requestId: id, sinceSec: stateTimeSec });
    }
  }

  #nodeChanged({ before, after }: CacheChange<CachedNode>): void {
    const id = (after ?? before)?.record.id ?? '';
    const { clock, write } = this.#deps;
    const known = { holding: this.#holdings.get(id), endingSinceSec: this.#endingSinceSec.get(id) };
    for (const line of nodeLines(before?.record, after?.record, known, nowSec(clock))) write(line);
    const isFree = after?.record.state === 'ready' && after.record.allocatedTo === null;
    if (isEnding(after?.record) || isFree) this.#holdings.delete(id);
    if (after === undefined) this.#endingSinceSec.delete(id);
    else if (isEnding(after.record) && known.endingSinceSec === undefined) {
      this.#endingSinceSec.set(id, after.record.stateTimeSec);
    }
  }
}
