import { Semaphore } from '@nodepool/runtime';
import type { UploadKey } from '@nodepool/store';
import { removeCloudImage } from '../cloud-image.js';
import type { BuilderContext } from '../context.js';
import { uploadKeyText } from '../records.js';
import type { RetentionMetrics } from './metrics.js';

/** Deletions at once in one provider. */
const perProvider = 4;

/** Deletes uploads in the background: a slow cloud must not hold up the rest of the cleanup. */
export class UploadDeleter {
  readonly #context: BuilderContext;
  readonly #metrics: RetentionMetrics;
  readonly #places = new Map<string, Semaphore>();

  constructor(context: BuilderContext, metrics: RetentionMetrics) {
    this.#context = context;
    this.#metrics = metrics;
  }

  start(key: UploadKey): void {
    const { jobs, clock } = this.#context;
    const text = uploadKeyText(key);
    jobs.deletions.start(text, { ...key, startedAtMs: clock.now() }, async (signal) => {
      const gone = await this.#placeIn(key.provider).run(() => this.#delete(key, signal), signal);
      const { deletions } = this.#context.delays;
      if (gone) {
        deletions.succeeded(text);
        this.#metrics.deleted('upload');
      } else if (!signal.aborted) {
        deletions.failed(text, '');
        this.#metrics.deletionFailed(key.provider);
      }
    });
  }

  #placeIn(provider: string): Semaphore {
    const places = this.#places.get(provider) ?? new Semaphore(perProvider);
    this.#places.set(provider, places);
    return places;
  }

  /** @returns false when it must be tried again. */
  async #delete(key: UploadKey, signal: AbortSignal): Promise<boolean> {
    const { store, log, config, providers } = this.#context;
    const fresh = await store.images.upload(key);
    if (fresh === undefined) return true;
    if (fresh.record.state !== 'deleting') return false;
    const fields = {
      image: key.image,
      provider: key.provider,
      build: `${key.image}-${key.buildId}`,
      upload: key.uploadId,
    };
    const { externalId } = fresh.record;
    if (externalId !== null) {
      const resolved = await providers.resolve(config.current(), (name) => name === key.provider);
      const images = resolved.get(key.provider)?.images;
      if (images === undefined) return false;
      if (!(await removeCloudImage(this.#context, images, externalId, log.child(fields), signal))) return false;
    }
    const removed = await store.images.removeUpload(key);
    if (removed) log.info({ ...fields, externalId }, 'deleted upload');
    return removed;
  }
}
