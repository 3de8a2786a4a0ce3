import type { Gauge, MetricLabels, Metrics } from '@nodepool/runtime';
import type { BuilderContext } from './context.js';

const idle = 0;
const building = 1;
const uploading = 2;
const paused = 3;

type Value = readonly [MetricLabels, number];

/** Gauges that say what the builder is doing. Source: docs/compatibility/interfaces.md 4.1, builder.md 8. */
export class BuilderStats {
  readonly #requests: Gauge;
  readonly #imageRequests: Gauge;
  readonly #buildState: Gauge;
  readonly #uploadState: Gauge;
  readonly #ready: Gauge;
  readonly #current: { readonly builds: Gauge; readonly uploads: Gauge };
  readonly #workers: { readonly builds: Gauge; readonly uploads: Gauge };

  constructor(metrics: Metrics) {
    const gauge = (name: string, help: string, ...labelNames: readonly string[]): Gauge =>
      metrics.gauge({ name, help, labelNames });
    this.#requests = gauge('image_build_requests', 'Build requests that are open.');
    this.#imageRequests = gauge('image_build_requested', '1 while a build of the image is requested.', 'image');
    this.#buildState = gauge('builder_build_state', '0 idle, 1 building, 3 paused.', 'builder', 'image');
    this.#uploadState = gauge('builder_upload_state', '0 idle, 2 uploading, 3 paused.', 'builder', 'image', 'provider');
    this.#ready = gauge(
      'image_upload_ready_timestamp_seconds',
      'When the upload that launches use became ready.',
      'image',
      'provider',
    );
    this.#current = {
      builds: gauge('builder_current_builds', 'Builds under way.', 'builder'),
      uploads: gauge('builder_current_uploads', 'Uploads under way.', 'builder'),
    };
    this.#workers = {
      builds: gauge('builder_build_workers', 'Builds at once.', 'builder'),
      uploads: gauge('builder_upload_workers', 'Uploads at once.', 'builder'),
    };
  }

  set(context: BuilderContext): void {
    this.#setBuilds(context);
    this.#setUploads(context);
    const { jobs, limits, identity } = context;
    const labels = { builder: identity.fqdn };
    this.#current.builds.set(jobs.builds.size, labels);
    this.#current.uploads.set(jobs.uploads.size, labels);
    this.#workers.builds.set(limits.buildWorkers, labels);
    this.#workers.uploads.set(limits.uploadWorkers, labels);
  }

  #setBuilds({ cache, jobs, identity, config }: BuilderContext): void {
    let open = 0;
    const requests: Value[] = [];
    const states: Value[] = [];
    for (const { name, pause } of config.current().diskimages.values()) {
      const requested = cache.buildRequestedAtMs(name) === undefined ? 0 : 1;
      open += requested;
      requests.push([{ image: name }, requested]);
      const resting = pause || cache.isPaused(name) ? paused : idle;
      states.push([{ builder: identity.fqdn, image: name }, jobs.builds.has(name) ? building : resting]);
    }
    this.#requests.set(open);
    this.#imageRequests.replaceAll(requests);
    this.#buildState.replaceAll(states);
  }

  #setUploads({ cache, jobs, identity, config }: BuilderContext): void {
    const running = new Set(jobs.uploads.infos().map(({ image, provider }) => `${image}/${provider}`));
    const states: Value[] = [];
    const ready: Value[] = [];
    for (const { name: provider, diskimages } of config.current().providers.values()) {
      for (const { name: image, pause } of diskimages) {
        const resting = pause ? paused : idle;
        const state = running.has(`${image}/${provider}`) ? uploading : resting;
        states.push([{ builder: identity.fqdn, image, provider }, state]);
        const current = cache.currentUpload(image, provider);
        if (current !== undefined) ready.push([{ image, provider }, current.record.stateTimeSec]);
      }
    }
    this.#uploadState.replaceAll(states);
    this.#ready.replaceAll(ready);
  }
}
