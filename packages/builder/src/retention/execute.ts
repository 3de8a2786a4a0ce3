import { assertNever } from '@nodepool/runtime';
import type { BuildKey, UploadKey } from '@nodepool/store';
import type { BuilderContext } from '../context.js';
import { removeBuildFiles, removeFormatFiles } from '../files/build-files.js';
import type { RetentionAction } from './decide.js';
import { UploadDeleter } from './delete-upload.js';
import { readAroundBuild, readAroundUpload } from './fresh-records.js';
import { assertBuildMayGo, assertFilesMayGo, assertUploadMayGo, type ImagePolicy } from './guard.js';
import type { RetentionMetrics } from './metrics.js';

/** Carries out deletions. Each one reads again and passes the guard right before it acts. */
export class RetentionExecutor {
  readonly #context: BuilderContext;
  readonly #metrics: RetentionMetrics;
  readonly #deleter: UploadDeleter;
  readonly #lookAgain: () => void;
  /** Number of stranded uploads that was told, by provider. */
  readonly #stranded = new Map<string, number>();

  /** @param lookAgain called when something has changed that no event tells of. */
  constructor(context: BuilderContext, metrics: RetentionMetrics, lookAgain: () => void) {
    this.#context = context;
    this.#metrics = metrics;
    this.#lookAgain = lookAgain;
    this.#deleter = new UploadDeleter(context, metrics);
  }

  async execute(action: RetentionAction): Promise<void> {
    switch (action.kind) {
      case 'mark-upload':
        return this.#markUpload(action);
      case 'drop-upload':
        return this.#dropUpload(action.key);
      case 'delete-upload':
        return this.#deleter.start(action.key);
      case 'mark-build':
        return this.#markBuild(action);
      case 'remove-build':
        return this.#removeBuild(action.key);
      case 'remove-files':
        return this.#removeFiles(action.key, action.why);
      case 'remove-format':
        return this.#removeFormat(action.key, action.format);
      case 'report-stranded':
        return this.#reportStranded(action.provider, action.uploads);
      default:
        return assertNever(action);
    }
  }

  #policy(image: string): ImagePolicy {
    const { diskimages, providers } = this.#context.config.current();
    const listing = [...providers.values()].filter((provider) =>
      provider.diskimages.some(({ name }) => name === image),
    );
    return { configured: diskimages.has(image), providers: new Set(listing.map(({ name }) => name)) };
  }

  async #markUpload({ key, state, why }: RetentionAction & { readonly kind: 'mark-upload' }): Promise<void> {
    const records = await readAroundUpload(this.#context, key);
    const upload = records.uploads.find(({ id, buildId }) => id === key.uploadId && buildId === key.buildId);
    if (upload?.state !== state) return;
    assertUploadMayGo(records, this.#policy(key.image), key);
    if (!(await this.#context.store.images.markUploadDeleting(key))) return;
    this.#context.log.info({ ...fieldsOf(key), why }, 'gave up upload');
    this.#context.history.tell('upload-deleted', key, why);
  }

  /** The lock first: who uploads writes the result before letting go of it. */
  async #dropUpload(key: UploadKey): Promise<void> {
    const { images } = this.#context.store;
    if (await images.areUploadsLocked(key)) return;
    const fresh = await images.upload(key);
    if (fresh?.record.state !== 'uploading') return;
    if (!(await images.removeUpload(key))) return;
    this.#context.log.info(fieldsOf(key), 'removed abandoned upload record');
    this.#context.suspectLeak();
  }

  async #markBuild({ key, state, why }: RetentionAction & { readonly kind: 'mark-build' }): Promise<void> {
    if (state === 'building' && (await this.#isBeingBuilt(key))) return;
    const records = await readAroundBuild(this.#context, key);
    if (records.builds.find(({ id }) => id === key.buildId)?.state !== state) return;
    if (records.uploads.some((upload) => upload.state !== 'deleting')) return;
    assertBuildMayGo(records, this.#policy(key.image), key.buildId);
    if (!(await this.#context.store.images.markBuildDeleting(key))) return;
    const waitsFor = [...new Set(records.uploads.map(({ provider }) => provider))];
    this.#context.log.info({ ...fieldsOf(key), why, waitsFor }, 'gave up build');
    this.#context.history.tell('build-deleted', key, why);
  }

  /** Asked before the record is read: who builds writes the result before letting go of the lock. */
  async #isBeingBuilt(key: BuildKey): Promise<boolean> {
    const { store, jobs, imagesDir } = this.#context;
    if (jobs.builds.infos().some(({ buildId }) => buildId === key.buildId)) return true;
    const locked = await store.images.isImageLocked(key.image);
    // The lock may be held for another build of ours, or by a session that died with the last process.
    return locked && (await store.images.build(key))?.record.builderId !== imagesDir.builderId;
  }

  async #removeBuild(key: BuildKey): Promise<void> {
    const { images } = this.#context.store;
    const fresh = await images.build(key);
    if (fresh?.record.state !== 'deleting') return;
    await images.removeBuild(key);
    this.#metrics.deleted('build');
    this.#context.log.info(fieldsOf(key), 'deleted build');
  }

  async #removeFiles(key: BuildKey, why: string): Promise<void> {
    const { jobs, imagesDir, log } = this.#context;
    if (jobs.builds.infos().some(({ buildId }) => buildId === key.buildId)) return;
    assertFilesMayGo(await readAroundBuild(this.#context, key), key.buildId);
    await removeBuildFiles(imagesDir.path, `${key.image}-${key.buildId}`);
    this.#metrics.deleted('files');
    log.info({ ...fieldsOf(key), why }, 'deleted files of build');
    this.#lookAgain();
  }

  async #removeFormat(key: BuildKey, format: string): Promise<void> {
    const { imagesDir, log } = this.#context;
    await removeFormatFiles(imagesDir.path, `${key.image}-${key.buildId}`, format);
    log.info({ ...fieldsOf(key), format }, 'deleted image file after its uploads');
  }

  /** Said once, and again when their number has changed: the remedy takes a human. */
  #reportStranded(provider: string, uploads: readonly string[]): void {
    if (this.#stranded.get(provider) === uploads.length) return;
    this.#stranded.set(provider, uploads.length);
    this.#metrics.stranded(provider, uploads.length);
    this.#context.log.warn(
      { provider, uploads },
      'uploads of a provider that is not configured cannot be deleted: configure it again with an empty diskimages list',
    );
  }
}

function fieldsOf(key: BuildKey & Partial<UploadKey>): Readonly<Record<string, string>> {
  const fields = { image: key.image, build: `${key.image}-${key.buildId}` };
  if (key.provider === undefined || key.uploadId === undefined) return fields;
  return { ...fields, provider: key.provider, upload: key.uploadId };
}
