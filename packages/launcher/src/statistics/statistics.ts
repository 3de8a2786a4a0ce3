import type { Config } from '@nodepool/config';
import {
  type Clock,
  type Decision,
  type Logger,
  type Metrics,
  type Reconciler,
  runReconciler,
  Wakeup,
} from '@nodepool/runtime';
import type { Store, StoreCaches } from '@nodepool/store';
import type { ProviderRuntime } from '../providers/provider-runtime.js';
import { type Counts, countEverything } from './count.js';
import { type CountGauges, countGauges, type OwnGauges, ownGauges } from './metrics.js';
import { observeOwn } from './own.js';

export interface StatisticsDeps {
  readonly store: Store;
  readonly caches: StoreCaches;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly config: () => Config;
  readonly providers: () => Iterable<Pick<ProviderRuntime, 'config' | 'readings'>>;
  /** Who stands for election: `<host name>-<pid>`. */
  readonly candidate: string;
}

/** Least time between two counts. */
const intervalMs = 1_000;

/** Gauges are set again after this time, whatever has happened: a statsd that was restarted knows none. */
const repeatMs = 10_000;

/** Gauges over all nodes and requests, set by the one launcher that is elected, and over what this one serves. */
export class Statistics implements Reconciler<Counts, Counts> {
  readonly name = 'statistics';
  readonly #deps: StatisticsDeps;
  readonly #wakeup: Wakeup;
  readonly #ownWakeup: Wakeup;
  readonly #counts: CountGauges;
  readonly #own: OwnGauges;

  constructor(deps: StatisticsDeps) {
    this.#deps = deps;
    this.#wakeup = new Wakeup(deps.clock);
    this.#ownWakeup = new Wakeup(deps.clock);
    this.#counts = countGauges(deps.metrics);
    this.#own = ownGauges(deps.metrics);
  }

  /** Something that is counted has changed. */
  mark(): void {
    this.#wakeup.mark();
  }

  /** What the configuration says has changed. */
  configured(): void {
    this.#ownWakeup.mark();
  }

  /** Tells of what this launcher serves; stands for election, and counts for all while elected. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, log, candidate } = this.#deps;
    const lead = async (elected: AbortSignal): Promise<void> => {
      await runReconciler(this, { clock, log, wakeup: this.#wakeup }, elected);
      this.#counts.clear();
    };
    await Promise.all([this.#tellOwn(signal), store.elect('stats', candidate, lead, signal)]);
  }

  observe(): Counts {
    const { nodes, requests, components } = this.#deps.caches;
    return countEverything({
      nodes: Array.from(nodes.all(), ({ record }) => record),
      requests: Array.from(requests.all(), ({ record }) => record),
      pools: [...components.pools()],
    });
  }

  decide(counts: Counts): Decision<Counts> {
    return { actions: [counts], recheckAfterMs: repeatMs };
  }

  async execute(counts: Counts, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps;
    this.#counts.set(counts, clock.now());
    await clock.sleep(intervalMs, signal).catch(() => undefined);
  }

  #tellOwn(signal: AbortSignal): Promise<void> {
    const { clock, log, caches, config, providers } = this.#deps;
    return runReconciler(
      {
        name: 'own statistics',
        observe: () => observeOwn(config(), providers(), caches.nodes),
        decide: (view) => ({ actions: [view], recheckAfterMs: repeatMs }),
        execute: async (view) => this.#own.set(view),
      },
      { clock, log, wakeup: this.#ownWakeup },
      signal,
    );
  }
}
