import { externalIdText, type Instance, type LeakCandidate, tagKeys } from '@nodepool/driver-api';
import { type Clock, type Counter, type Decision, type Logger, type Reconciler, Wakeup } from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import type { Turns } from '../requests/turns-taken.js';
import { decideLeaks, type Sighting } from './decide.js';

export interface LeakWatchDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly providers: () => Iterable<ProviderRuntime>;
  readonly turns: Pick<Turns, 'delayMs'>;
  readonly online: () => boolean;
  readonly leaked: Counter;
}

interface Watch {
  suspects: ReadonlySet<string>;
  /** Monotonic milliseconds of the next passes, soonest first; the last one is followed by the usual interval. */
  dueMs: number[];
}

/** One resource of a cloud, with what removes it. */
interface Resource extends Sighting {
  readonly kind: string;
  remove(): Promise<void>;
}

const usualMs = 60_000;
/** Where several launchers have the provider one looks as usual; the others only make sure that it does. */
const unturnedMs = 10 * usualMs;
/** After a start or a new session two passes come soon, so that what a crash has left is gone within a minute. */
const afterRestartMs = [5_000, 20_000];
/** After the removal of a record whose instance nobody knew. */
const afterDoubtMs = [2_000, 8_000];

/** Removes what carries our tags and has no record. Source: docs/compatibility/launcher.md section 10. */
export class LeakWatch implements Reconciler<readonly ProviderRuntime[], ProviderRuntime> {
  readonly name = 'leaks';
  readonly wakeup: Wakeup;
  readonly #deps: LeakWatchDeps;
  readonly #watches = new Map<string, Watch>();

  constructor(deps: LeakWatchDeps) {
    this.#deps = deps;
    this.wakeup = new Wakeup(deps.clock);
  }

  /** The records may have moved on without us: look soon, everywhere. */
  expectAll(): void {
    for (const { config } of this.#deps.providers()) this.#expect(config.name, afterRestartMs);
  }

  /** A record of the provider was removed without an instance. */
  expect(provider: string): void {
    const watch = this.#watches.get(provider);
    if ((watch?.dueMs.length ?? 0) < 2) this.#expect(provider, afterDoubtMs);
  }

  observe(): readonly ProviderRuntime[] {
    return this.#deps.online() ? [...this.#deps.providers()] : [];
  }

  decide(providers: readonly ProviderRuntime[]): Decision<ProviderRuntime> {
    const nowMs = this.#deps.clock.monotonicMs();
    const actions = providers.filter(({ config }) => (this.#watchOf(config.name).dueMs[0] ?? 0) <= nowMs);
    // After a pass that looks, the times are new.
    const waits = providers.map(({ config }) => (this.#watchOf(config.name).dueMs[0] ?? nowMs) - nowMs);
    return { actions, recheckAfterMs: Math.max(0, Math.min(usualMs, ...waits)) };
  }

  async execute(runtime: ProviderRuntime, signal: AbortSignal): Promise<void> {
    const { caches } = this.#deps;
    const watch = this.#watchOf(runtime.config.name);
    this.#passed(watch, runtime.config.name);
    const uploads = uploadKeys(caches);
    const { leaked, suspects } = decideLeaks({
      provider: runtime.config.name,
      sightings: await this.#sight(runtime, signal),
      before: watch.suspects,
      hasNode: (id) => caches.nodes.get(id) !== undefined,
      hasUpload: (key) => uploads.has(key),
    });
    watch.suspects = suspects;
    for (const resource of leaked) {
      runtime.tasks.start('removing a leak', () => this.#remove(resource, runtime));
    }
  }

  #watchOf(provider: string): Watch {
    let watch = this.#watches.get(provider);
    if (watch === undefined) {
      watch = { suspects: new Set(), dueMs: this.#from(afterRestartMs) };
      this.#watches.set(provider, watch);
    }
    return watch;
  }

  #expect(provider: string, afterMs: readonly number[]): void {
    this.#watchOf(provider).dueMs = this.#from(afterMs);
    this.wakeup.mark();
  }

  #from(afterMs: readonly number[]): number[] {
    const nowMs = this.#deps.clock.monotonicMs();
    return afterMs.map((ms) => nowMs + ms);
  }

  #passed(watch: Watch, provider: string): void {
    watch.dueMs.shift();
    if (watch.dueMs.length > 0) return;
    const { clock, turns } = this.#deps;
    const intervalMs = turns.delayMs('leaks', provider) === 0 ? usualMs : unturnedMs;
    watch.dueMs.push(clock.monotonicMs() + intervalMs);
  }

  async #sight(runtime: ProviderRuntime, signal: AbortSignal): Promise<readonly Resource[]> {
    const { provider, log } = runtime;
    const ctx = { signal, log };
    const [instances, candidates] = await Promise.all([
      provider.listInstances(ctx),
      provider.leaks?.list(ctx).catch((error: unknown) => {
        log.warn({ error }, 'listing leaks failed');
        return [];
      }) ?? [],
    ]);
    return [
      ...instances.map((instance) => asInstance(instance, runtime)),
      ...candidates.map((candidate) => asCandidate(candidate, runtime)),
    ];
  }

  async #remove(resource: Resource, runtime: ProviderRuntime): Promise<void> {
    const { store, log, leaked } = this.#deps;
    const provider = runtime.config.name;
    try {
      const nodeId = resource.tags[tagKeys.nodeId];
      // The cache has said so twice; money is spent or saved only on the server's word.
      if (nodeId !== undefined && (await store.nodes.get(nodeId)) !== undefined) return;
      await resource.remove();
      log.warn({ provider, kind: resource.kind, resource: resource.id }, 'removed leaked resource');
      leaked.add(1, { provider, kind: resource.kind });
    } catch (error) {
      log.warn({ provider, kind: resource.kind, resource: resource.id, error }, 'leak not removed');
    }
  }
}

function asInstance({ externalId, tags }: Instance, runtime: ProviderRuntime): Resource {
  const remove = (): Promise<void> => runtime.removeInstance(externalId, runtime.signal, runtime.log);
  return { id: `instance ${externalIdText(externalId)}`, kind: 'instances', tags, remove };
}

function asCandidate(candidate: LeakCandidate, { provider, signal, log }: ProviderRuntime): Resource {
  const remove = async (): Promise<void> => provider.leaks?.remove(candidate, { signal, log });
  const { kind, tags, unused } = candidate;
  return { id: `${kind} ${candidate.id}`, kind, tags, ...(unused !== undefined && { unused }), remove };
}

function uploadKeys({ images }: StoreCaches): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const image of images.images()) {
    for (const { record } of images.uploads(image)) keys.add(`${record.buildId}-${record.id}`);
  }
  return keys;
}
