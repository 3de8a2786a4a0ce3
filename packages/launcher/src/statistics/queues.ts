import type { Decision, Gauge, Metrics, Reconciler } from '@nodepool/runtime';
import type { CacheBacklog, Store, StoreCaches } from '@nodepool/store';

export interface QueuesDeps {
  readonly store: Pick<Store, 'session'>;
  readonly caches: Pick<StoreCaches, 'backlogs'>;
  readonly metrics: Metrics;
}

/** What waits in this launcher. */
export interface QueueSizes {
  readonly requests: number;
  readonly caches: readonly CacheBacklog[];
}

const intervalMs = 10_000;

interface QueueGauges {
  readonly requests: Gauge;
  readonly events: Gauge;
  readonly reads: Gauge;
}

/** Source: docs/compatibility/interfaces.md section 4.2. */
export function queueGauges(metrics: Metrics): QueueGauges {
  return {
    requests: metrics.gauge({
      name: 'zookeeper_requests_waiting',
      help: 'Requests to ZooKeeper without an answer.',
    }),
    events: metrics.gauge({
      name: 'cache_events_waiting',
      help: 'Changes that a cache was told of and has not asked for.',
      labelNames: ['cache'],
    }),
    reads: metrics.gauge({
      name: 'cache_playback_waiting',
      help: 'Changes that a cache has asked for and does not show yet.',
      labelNames: ['cache'],
    }),
  };
}

/** Gauges over the queues of this launcher. Source: docs/compatibility/interfaces.md section 4.2. */
export class Queues implements Reconciler<QueueSizes, QueueSizes> {
  readonly name = 'queues';
  readonly #deps: QueuesDeps;
  readonly #gauges: QueueGauges;

  constructor(deps: QueuesDeps) {
    this.#deps = deps;
    this.#gauges = queueGauges(deps.metrics);
  }

  observe(): QueueSizes {
    const { store, caches } = this.#deps;
    return { requests: store.session.waiting, caches: caches.backlogs() };
  }

  decide(sizes: QueueSizes): Decision<QueueSizes> {
    return { actions: [sizes], recheckAfterMs: intervalMs };
  }

  async execute({ requests, caches }: QueueSizes): Promise<void> {
    this.#gauges.requests.set(requests);
    for (const { cache, waiting, asked } of caches) {
      if (cache === 'component') continue;
      this.#gauges.events.set(waiting, { cache });
      this.#gauges.reads.set(asked, { cache });
    }
  }
}
