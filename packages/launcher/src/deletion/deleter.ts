import {
  assertNever,
  backoffMs,
  type Clock,
  type Decision,
  deadline,
  type Logger,
  type Reconciler,
  Semaphore,
  Wakeup,
} from '@nodepool/runtime';
import type { CacheChange, CachedNode, HeldNode, Store, StoreCaches } from '@nodepool/store';
import { isResumable } from '../launches/ticket.js';
import { nobodys } from '../nodes/nobodys.js';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { Turns } from '../requests/turns-taken.js';
import { linkSignals } from '../signals.js';
import type { Tasks } from '../tasks.js';
import { type DeletionVerdict, decideDeletion, decideDue, type Marked, patienceMs } from './decide.js';

export interface DeleterDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tasks: Tasks;
  /** The provider of a node, when it is configured here and could be opened. */
  readonly runtimeOf: (provider: string | null) => ProviderRuntime | undefined;
  readonly turns: Pick<Turns, 'delayMs' | 'isServedElsewhere'>;
  /** Brings the launch of a half-made node to its end; called with its lock held, and lets go of it. */
  readonly finish: (held: HeldNode, runtime: ProviderRuntime) => Promise<void>;
  readonly online: () => boolean;
  /** A record was removed whose instance nobody knows: it may have left one behind. */
  readonly onDoubt: (provider: string) => void;
}

/** Deletions that talk to clouds or wait for them at once; each holds one lock. */
const atOnce = 256;
/** A deletion gives its lock back after this time, and is tried again. */
const limitMs = 600_000;
const retryBackoff = { initialMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 };

/**
 * Deletes nodes that are done with, and takes nodes back that were promised to requests that are gone. Every node is
 * looked at when it changes; what somebody else has locked is left until it is unlocked.
 *
 * Source: docs/compatibility/launcher.md section 9.
 */
export class Deleter implements Reconciler<Iterable<Marked>, string> {
  readonly name = 'deletion';
  readonly wakeup: Wakeup;
  readonly #deps: DeleterDeps;
  readonly #places = new Semaphore(atOnce);
  readonly #marked = new Map<string, Marked>();
  readonly #busy = new Set<string>();
  readonly #failures = new Map<string, number>();

  constructor(deps: DeleterDeps) {
    this.#deps = deps;
    this.wakeup = new Wakeup(deps.clock);
  }

  /** How many nodes it is busy with. */
  get busy(): number {
    return this.#busy.size;
  }

  nodeChanged({ after, before }: CacheChange<CachedNode>): void {
    if (after !== undefined) this.#consider(after);
    else if (before !== undefined) {
      this.#failures.delete(before.record.id);
      this.#marked.delete(before.record.id);
    }
  }

  requestRemoved(id: string): void {
    for (const node of this.#deps.caches.nodes.allocatedTo(id)) this.#consider(node);
  }

  /** Looks at every node that may be due. */
  considerAll(): void {
    const { nodes } = this.#deps.caches;
    for (const node of [...nodes.deletable(), ...nodes.byState('ready')]) this.#consider(node);
  }

  observe(): Iterable<Marked> {
    return this.#deps.online() ? this.#marked.values() : [];
  }

  decide(marked: Iterable<Marked>): Decision<string> {
    return decideDue(marked, this.#deps.clock.monotonicMs());
  }

  /** Starts on a node; a deletion may take minutes, and the loop does not wait for it. */
  async execute(id: string): Promise<void> {
    this.#marked.delete(id);
    const cached = this.#deps.caches.nodes.get(id);
    if (cached === undefined || this.#verdict(cached.record, cached.locked).kind === 'leave') return;
    this.#busy.add(id);
    // A provider that is replaced meanwhile waits for the work that it was given, and for no other.
    const runtime = this.#deps.runtimeOf(cached.record.provider);
    const tasks = runtime?.tasks ?? this.#deps.tasks;
    tasks.start('deleting a node', async () => {
      const done = await this.#places.run(() => this.#act(id, runtime));
      this.#busy.delete(id);
      // What happened while it was busy went unnoticed.
      const now = this.#deps.caches.nodes.get(id);
      if (now !== undefined) this.#consider(now, done ? 0 : this.#pauseMs(id));
    });
  }

  #consider({ record, locked }: CachedNode, atLeastMs = 0): void {
    const { id, provider } = record;
    if (this.#busy.has(id)) return;
    const { kind } = this.#verdict(record, locked);
    if (kind === 'leave') {
      this.#marked.delete(id);
      return;
    }
    const { clock, turns } = this.#deps;
    const waitMs = Math.max(atLeastMs, patienceMs(record, kind)) + turns.delayMs(id, provider, null, record.launcher);
    const dueMs = clock.monotonicMs() + waitMs;
    // Whatever else changes about a node that waits, it does not wait longer for it.
    if ((this.#marked.get(id)?.dueMs ?? Number.POSITIVE_INFINITY) <= dueMs) return;
    this.#marked.set(id, { id, dueMs });
    this.wakeup.mark();
  }

  #pauseMs(id: string): number {
    const failures = (this.#failures.get(id) ?? 0) + 1;
    this.#failures.set(id, failures);
    return backoffMs(retryBackoff, failures, 0);
  }

  #verdict(node: CachedNode['record'], locked: boolean): DeletionVerdict {
    const { caches, runtimeOf } = this.#deps;
    const requestExists = node.allocatedTo === null || caches.requests.get(node.allocatedTo) !== undefined;
    const ours = runtimeOf(node.provider) !== undefined;
    return decideDeletion({ node, locked, ours, requestExists, resumable: this.#resumable(node) });
  }

  #resumable(node: CachedNode['record']): 'here' | 'elsewhere' | undefined {
    const { runtimeOf, turns, clock } = this.#deps;
    const config = runtimeOf(node.provider)?.config;
    if (config === undefined || !isResumable(node, config.launchTimeoutMs, clock.now())) return undefined;
    const pool = config.pools.find(({ name }) => name === node.pool);
    if (pool?.labels.some(({ name }) => name === node.type[0]) === true) return 'here';
    return turns.isServedElsewhere(node.provider, node.pool) ? 'elsewhere' : undefined;
  }

  /** @returns false when it is to be tried again without waiting for a change. */
  async #act(id: string, runtime: ProviderRuntime | undefined): Promise<boolean> {
    let held: HeldNode | undefined;
    try {
      held = await this.#deps.store.nodes.lock(id);
      // Locked by another, or gone: the next change of the node says more.
      if (held === undefined) return true;
      await this.#carryOut(held, runtime);
      this.#failures.delete(id);
      return true;
    } catch (error) {
      this.#deps.log.warn({ nodeId: id, error }, 'deleting node failed');
      await held?.release().catch(() => undefined);
      return false;
    }
  }

  async #carryOut(held: HeldNode, runtime: ProviderRuntime | undefined): Promise<void> {
    const verdict = this.#verdict(held.node, false);
    switch (verdict.kind) {
      case 'leave':
        return held.release();
      case 'deallocate':
        return this.#deallocate(held);
      case 'resume':
        return runtime === undefined ? held.release() : this.#deps.finish(held, runtime);
      case 'remove':
        return held.remove();
      case 'delete':
        return runtime === undefined ? held.release() : this.#delete(held, runtime);
      default:
        return assertNever(verdict);
    }
  }

  /** The caches of nodes and requests are filled one after the other: only the server knows that a request is gone. */
  async #deallocate(held: HeldNode): Promise<void> {
    const { allocatedTo } = held.node;
    if (allocatedTo !== null && (await this.#deps.store.requests.get(allocatedTo)) !== undefined) return held.release();
    this.#deps.log.info({ nodeId: held.id, requestId: allocatedTo ?? '' }, 'took back node of a missing request');
    await held.updateAndRelease(nobodys);
  }

  async #delete(held: HeldNode, runtime: ProviderRuntime): Promise<void> {
    const { externalId, state } = held.node;
    const log = runtime.log.child({ nodeId: held.id }, `nodepool.StateMachineNodeDeleter.${runtime.config.name}`);
    if (externalId !== null) {
      if (state !== 'deleting') await held.update({ state: 'deleting' });
      using limit = deadline(this.#deps.clock, limitMs);
      using stop = linkSignals(limit.signal, held.signal, runtime.signal);
      await runtime.removeInstance(externalId, stop.signal, log);
    }
    await held.remove();
    log.info({ state, externalId }, 'deleted node');
    // A launch that was refused has left nothing; one that was cut short may have.
    if (externalId === null && state !== 'aborted') this.#deps.onDoubt(runtime.config.name);
  }
}
