import {
  type ExternalId,
  type Provider,
  type ProviderConfig,
  type SharedListing,
  sharedListing,
} from '@nodepool/driver-api';
import type { Clock, Logger, Metrics, Random } from '@nodepool/runtime';
import type { ImageCache } from '@nodepool/store';
import type { HostCheck } from '../host-check/host-check.js';
import { Lookout } from '../launches/lookout.js';
import { type LaunchMetrics, launchMetrics } from '../launches/metrics.js';
import { removeInstance } from '../launches/removal.js';
import { Reservations } from '../quota/reservations.js';
import { type RequestMetrics, requestMetrics } from '../requests/metrics.js';
import { Tasks } from '../tasks.js';
import { ProviderReadings } from './readings.js';

export interface ProviderRuntimeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly images: ImageCache;
  readonly hostCheck: Pick<HostCheck, 'run'>;
  readonly hasNode: (id: string) => boolean;
  /** What the cloud was found to offer has changed. */
  readonly onReading: (provider: string) => void;
  /** A launch has ended: room may have appeared. */
  readonly onRoom: (provider: string) => void;
}

/** Least time between two listings of all instances; slower clouds stretch it by themselves. */
const listingIntervalMs = 200;

/** One configured provider at work: what is in flight there, what is reserved, what it was found to offer. */
export class ProviderRuntime {
  readonly config: ProviderConfig;
  readonly provider: Provider;
  readonly clock: Clock;
  readonly random: Random;
  readonly images: ImageCache;
  readonly hostCheck: Pick<HostCheck, 'run'>;
  readonly log: Logger;
  readonly lookout: Lookout;
  readonly listing: SharedListing;
  readonly readings: ProviderReadings;
  readonly reservations: Reservations;
  readonly metrics: LaunchMetrics;
  readonly requestMetrics: RequestMetrics;
  /** Launches and deletions under way. */
  readonly tasks: Tasks;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(config: ProviderConfig, provider: Provider, deps: ProviderRuntimeDeps) {
    const { clock, random, metrics, images, hostCheck, hasNode } = deps;
    const log = deps.log.child({ provider: config.name }, `nodepool.StateMachineProvider.${config.name}`);
    this.config = config;
    this.provider = provider;
    this.clock = clock;
    this.random = random;
    this.images = images;
    this.hostCheck = hostCheck;
    this.log = log;
    this.metrics = launchMetrics(metrics, config.name);
    this.requestMetrics = requestMetrics(metrics, config.name, clock);
    this.tasks = new Tasks(log);
    this.lookout = new Lookout(clock);
    this.listing = sharedListing(provider, { clock, log, signal: this.signal, intervalMs: listingIntervalMs });
    this.reservations = new Reservations(() => deps.onRoom(config.name));
    this.readings = new ProviderReadings({
      config,
      provider,
      clock,
      log,
      hasNode,
      onChange: () => deps.onReading(config.name),
    });
    this.#loop = this.readings.run(this.signal);
  }

  /** Aborts when the provider is given up, with whatever is under way there. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  removeInstance(externalId: ExternalId, signal: AbortSignal, log: Logger): Promise<void> {
    return removeInstance(externalId, this, signal, log);
  }

  /** Waits for what is under way, then lets go of the cloud: for a provider whose configuration has changed. */
  async drain(): Promise<void> {
    await this.tasks.idle();
    await this.close();
  }

  /** Calls off what is under way and lets go of the cloud. */
  async close(): Promise<void> {
    this.#stop.abort(new DOMException('the provider was closed', 'AbortError'));
    await this.#loop;
    await this.tasks.idle();
    await this.provider.close?.().catch((error: unknown) => {
      this.log.warn({ error }, 'closing provider failed');
    });
  }
}
