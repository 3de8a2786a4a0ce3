import type { NodeRequest } from '@nodepool/model';
import type { PoolContext } from './pool-context.js';

/**
 * How many nodes there are for each label, where a driver only hands out what exists: counted once for a pass, and
 * lowered by what the pass accepts. Only nodes of the pool's own provider count.
 *
 * Source: docs/compatibility/launcher.md sections 2 (step 16) and 6.5.
 */
export class LabelQuota {
  readonly #context: PoolContext;
  readonly #accepted = new Map<string, number>();
  readonly #counted = new Map<string, number>();

  constructor(context: PoolContext) {
    this.#context = context;
  }

  /** The provider launches nothing. */
  get applies(): boolean {
    return this.#context.runtime.provider.onlyExisting === true;
  }

  /** A new pass counts anew. */
  begin(): void {
    this.#accepted.clear();
    this.#counted.clear();
  }

  /** What is left by label; undefined where nodes are launched on demand. */
  get left(): Pick<ReadonlyMap<string, number>, 'get'> | undefined {
    if (!this.applies) return undefined;
    return { get: (label) => this.#count(label) - (this.#accepted.get(label) ?? 0) };
  }

  accepted(request: NodeRequest): void {
    if (!this.applies) return;
    for (const label of request.nodeTypes) this.#accepted.set(label, (this.#accepted.get(label) ?? 0) + 1);
  }

  #count(label: string): number {
    const known = this.#counted.get(label);
    if (known !== undefined) return known;
    const { caches, runtime, pool, claimedNodes } = this.#context;
    let count = 0;
    for (const { record } of caches.nodes.idle(runtime.config.name, pool.name, label)) {
      if (!claimedNodes.has(record.id)) count += 1;
    }
    this.#counted.set(label, count);
    return count;
  }
}
