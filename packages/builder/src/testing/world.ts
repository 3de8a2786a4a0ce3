import { type BuildState, type ImageBuild, type ImageUpload, newestFirst } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import type { RetentionAction } from '../retention/decide.js';
import type { ImageView, LocalBuildView, ProviderView, RetentionView } from '../retention/view.js';

/** One thing that happens to the world besides retention. */
export type WorldEvent =
  | { readonly kind: 'build'; readonly image: number; readonly result: BuildState }
  | {
      readonly kind: 'upload';
      readonly image: number;
      readonly provider: number;
      readonly result: 'ready' | 'failed' | 'uploading';
    }
  | { readonly kind: 'order-delete-build' | 'order-delete-upload'; readonly pick: number }
  | { readonly kind: 'list' | 'unlist'; readonly image: number; readonly provider: number }
  | { readonly kind: 'configure' | 'unconfigure'; readonly image: number }
  | { readonly kind: 'remove-provider' | 'restore-provider'; readonly provider: number }
  | { readonly kind: 'rollback'; readonly image: number; readonly provider: number | undefined }
  | { readonly kind: 'cloud'; readonly provider: number; readonly refuses: boolean }
  | { readonly kind: 'time'; readonly sec: number };

export const imageNames = ['debian', 'debian-12'] as const;
export const providerNames = ['cloud-a', 'cloud-b'] as const;

/** Records, clouds, files and configuration in memory, and what retention did to them that it must not. */
export class World {
  readonly builds = new Map<string, ImageBuild>();
  readonly uploads = new Map<string, ImageUpload>();
  readonly cloud = new Set<string>();
  readonly files = new Set<string>();
  readonly breaches: string[] = [];
  readonly #configured = new Set<string>(imageNames);
  readonly #listed = new Set(imageNames.flatMap((image) => providerNames.map((provider) => `${image} in ${provider}`)));
  readonly #refusing = new Set<string>();
  /** Taken out of the configuration, with whatever is there. */
  readonly #removed = new Set<string>();
  /** Marked by an operator. */
  readonly #ordered = new Set<string>();
  nowSec = 1_000_000;
  #serial = 0;

  happen(event: WorldEvent): void {
    switch (event.kind) {
      case 'build':
        this.#build(nameOf(imageNames, event.image), event.result);
        break;
      case 'upload':
        this.#upload(nameOf(imageNames, event.image), nameOf(providerNames, event.provider), event.result);
        break;
      case 'order-delete-build':
        this.#order(this.builds, event.pick);
        break;
      case 'order-delete-upload':
        this.#order(this.uploads, event.pick);
        break;
      case 'list':
        this.#listed.add(`${nameOf(imageNames, event.image)} in ${nameOf(providerNames, event.provider)}`);
        break;
      case 'unlist':
        this.#listed.delete(`${nameOf(imageNames, event.image)} in ${nameOf(providerNames, event.provider)}`);
        break;
      case 'configure':
        this.#configured.add(nameOf(imageNames, event.image));
        break;
      case 'unconfigure':
        this.#configured.delete(nameOf(imageNames, event.image));
        break;
      case 'remove-provider':
        this.#removed.add(nameOf(providerNames, event.provider));
        break;
      case 'restore-provider':
        this.#removed.delete(nameOf(providerNames, event.provider));
        break;
      case 'rollback':
        this.#rollBack(
          nameOf(imageNames, event.image),
          event.provider === undefined ? undefined : nameOf(providerNames, event.provider),
        );
        break;
      case 'cloud':
        this.#refusing[event.refuses ? 'add' : 'delete'](nameOf(providerNames, event.provider));
        break;
      case 'time':
        this.nowSec += event.sec;
    }
  }

  /** What a builder that looks now sees. */
  view(): RetentionView {
    return {
      builderId: 'builder-a',
      images: imageNames.map((image) => this.#viewImage(image)),
      providers: new Map(providerNames.flatMap((provider) => this.#viewProvider(provider))),
      foreignProviders: new Set(),
      localBuilds: [...this.files].map((name) => this.#viewFiles(name)),
    };
  }

  /** Carries an action out as the executor would, noting everything that must never happen. */
  apply(action: RetentionAction): void {
    switch (action.kind) {
      case 'mark-upload':
        this.#markUpload(uploadName(action.key));
        break;
      case 'drop-upload':
        this.#dropUpload(uploadName(action.key));
        break;
      case 'delete-upload':
        this.#deleteUpload(uploadName(action.key), action.key.provider);
        break;
      case 'mark-build':
        this.#markBuild(`${action.key.image}-${action.key.buildId}`);
        break;
      case 'remove-build':
        this.#removeBuild(`${action.key.image}-${action.key.buildId}`);
        break;
      case 'remove-files':
        this.#removeFiles(`${action.key.image}-${action.key.buildId}`);
        break;
      case 'remove-format':
      case 'report-stranded':
        break;
    }
  }

  /** False for a deletion that the cloud refuses, and for a report. */
  changes(action: RetentionAction): boolean {
    if (action.kind === 'report-stranded') return false;
    return action.kind !== 'delete-upload' || !this.#refusing.has(action.key.provider);
  }

  /** Everything of ours that should be gone once retention has nothing left to do. */
  leftovers(): readonly string[] {
    const builds = [...this.builds.values()].filter(({ image }) => !this.#configured.has(image));
    const uploads = [...this.uploads.values()].filter(
      ({ image, provider }) =>
        !this.#isWanted(image, provider) && !this.#refusing.has(provider) && !this.#removed.has(provider),
    );
    const reachable = (name: string): boolean =>
      ![...this.uploads.values()].some((upload) => `${upload.image}-${upload.buildId}` === name);
    const cloud = [...this.cloud].filter((name) => !this.uploads.has(name));
    return [
      ...builds.map(({ image, id }) => `${image}-${id}`).filter(reachable),
      ...uploads.map((upload) => uploadName({ ...upload, uploadId: upload.id })),
      ...cloud,
    ];
  }

  #isWanted(image: string, provider: string): boolean {
    return this.#configured.has(image) && this.#listed.has(`${image} in ${provider}`);
  }

  #viewProvider(provider: string): readonly (readonly [string, ProviderView])[] {
    if (this.#removed.has(provider)) return [];
    const images = new Set(imageNames.filter((image) => this.#isWanted(image, provider)));
    return [[provider, { kind: 'images', format: 'qcow2', images }]];
  }

  /** As the command does it: the build in use and whatever is newer, everywhere or in one provider. */
  #rollBack(image: string, provider: string | undefined): void {
    const ready = newestFirst(
      [...this.builds.values()].filter((build) => build.image === image && build.state === 'ready'),
    );
    const uploads = [...this.uploads].filter(
      ([, upload]) => upload.image === image && (provider === undefined || upload.provider === provider),
    );
    const inUse = ready.findIndex(({ id }) =>
      uploads.some(([, upload]) => upload.buildId === id && upload.state === 'ready'),
    );
    const retired = new Set(ready.slice(0, inUse + 1).map(({ id }) => id));
    for (const [name, upload] of uploads) {
      const isDone = upload.state === 'ready' || upload.state === 'failed';
      if (isDone && retired.has(upload.buildId)) this.uploads.set(name, { ...upload, state: 'deleting' });
    }
    for (const build of provider === undefined ? ready.slice(0, inUse + 1) : []) {
      this.builds.set(`${image}-${build.id}`, { ...build, state: 'deleting' });
    }
  }

  #build(image: string, state: BuildState): void {
    this.#serial += 1;
    const id = String(this.#serial).padStart(10, '0');
    const builderId = 'builder-a';
    this.builds.set(`${image}-${id}`, aBuild({ id, image, state, builderId, stateTimeSec: this.nowSec }));
    this.files.add(`${image}-${id}`);
  }

  #upload(image: string, provider: string, state: 'ready' | 'failed' | 'uploading'): void {
    const ready = [...this.builds.values()].filter((build) => build.image === image && build.state === 'ready');
    const newest = ready.sort((left, right) => right.stateTimeSec - left.stateTimeSec)[0];
    if (newest === undefined) return;
    this.#serial += 1;
    const id = String(this.#serial).padStart(10, '0');
    const name = uploadName({ image, buildId: newest.id, provider, uploadId: id });
    const externalId = state === 'ready' ? name : null;
    this.uploads.set(
      name,
      anUpload({ id, image, buildId: newest.id, provider, state, externalId, stateTimeSec: this.nowSec }),
    );
    if (state === 'ready') this.cloud.add(name);
  }

  #order<T extends ImageBuild | ImageUpload>(records: Map<string, T>, pick: number): void {
    const names = [...records.keys()];
    const name = names[pick % Math.max(names.length, 1)];
    const record = name === undefined ? undefined : records.get(name);
    // The command refuses what is in progress.
    if (name === undefined || record === undefined || record.state === 'building' || record.state === 'uploading')
      return;
    records.set(name, { ...record, state: 'deleting' });
    this.#ordered.add(name);
  }

  #markUpload(name: string): void {
    const upload = this.uploads.get(name);
    if (upload === undefined) return;
    if (upload.state === 'ready' && this.#isProtectedUpload(upload)) this.breaches.push(`gave up ${name}`);
    if (this.#removed.has(upload.provider)) this.breaches.push(`gave up ${name}, whose cloud is out of reach`);
    this.uploads.set(name, { ...upload, state: 'deleting' });
  }

  #dropUpload(name: string): void {
    if (this.uploads.get(name)?.state !== 'uploading') this.breaches.push(`dropped ${name}`);
    this.uploads.delete(name);
  }

  #deleteUpload(name: string, provider: string): void {
    if (this.uploads.get(name)?.state !== 'deleting') this.breaches.push(`deleted ${name} without marking it`);
    if (this.#removed.has(provider)) this.breaches.push(`deleted ${name}, whose cloud is out of reach`);
    if (this.#refusing.has(provider)) return;
    this.cloud.delete(name);
    this.uploads.delete(name);
  }

  #markBuild(name: string): void {
    const build = this.builds.get(name);
    if (build === undefined) return;
    const others = [...this.builds.values()].filter(({ image, state }) => image === build.image && state === 'ready');
    const newer = others.filter(({ stateTimeSec }) => stateTimeSec > build.stateTimeSec);
    if (
      build.state === 'ready' &&
      this.#configured.has(build.image) &&
      newer.length < 2 &&
      !this.#isTied(build, others)
    ) {
      this.breaches.push(`gave up ${name}`);
    }
    this.builds.set(name, { ...build, state: 'deleting' });
  }

  /** Of several builds that ended in the same instant any may count as older. */
  #isTied(build: ImageBuild, others: readonly ImageBuild[]): boolean {
    return others.filter(({ stateTimeSec }) => stateTimeSec >= build.stateTimeSec).length > 2;
  }

  #isProtectedUpload(upload: ImageUpload): boolean {
    if (!this.#isWanted(upload.image, upload.provider)) return false;
    if (this.builds.get(`${upload.image}-${upload.buildId}`)?.state !== 'ready') return false;
    const rivals = [...this.uploads.values()].filter(
      (other) =>
        other.id !== upload.id &&
        other.image === upload.image &&
        other.provider === upload.provider &&
        other.state === 'ready' &&
        other.stateTimeSec >= upload.stateTimeSec &&
        this.builds.get(`${other.image}-${other.buildId}`)?.state === 'ready',
    );
    return rivals.length < 2;
  }

  #removeBuild(name: string): void {
    if (this.builds.get(name)?.state !== 'deleting') this.breaches.push(`removed ${name} without marking it`);
    if (this.files.has(name)) this.breaches.push(`removed ${name} before its files`);
    if (this.#hasUploads(name)) this.breaches.push(`removed ${name} before its uploads`);
    this.builds.delete(name);
  }

  #removeFiles(name: string): void {
    if (this.builds.get(name)?.state === 'ready') this.breaches.push(`removed files of ${name}, which is ready`);
    if (this.#hasUploads(name)) this.breaches.push(`removed files of ${name} before its uploads`);
    this.files.delete(name);
  }

  #hasUploads(name: string): boolean {
    const inCloud = [...this.cloud].some((image) => image.startsWith(`${name}/`));
    return inCloud || [...this.uploads.values()].some((upload) => `${upload.image}-${upload.buildId}` === name);
  }

  #viewImage(image: string): ImageView {
    return {
      image,
      builds: [...this.builds.values()].filter((build) => build.image === image),
      uploads: [...this.uploads.values()].filter((upload) => upload.image === image),
      diskimage: this.#configured.has(image) ? { deleteAfterUpload: false, keepFormats: [] } : undefined,
      buildLocked: false,
      ownBuilds: new Set(),
      lockedSlots: new Set(),
      unreadableBuilds: new Set(),
      deletions: new Set(),
      deletionDelays: new Map(),
    };
  }

  #viewFiles(name: string): LocalBuildView {
    const dash = name.lastIndexOf('-');
    return {
      build: name,
      image: name.slice(0, dash),
      buildId: name.slice(dash + 1),
      formats: ['qcow2'],
      names: [],
      unknownForMs: 3_600_000,
    };
  }
}

function nameOf(names: readonly string[], pick: number): string {
  return names[pick % names.length] ?? '';
}

function uploadName(key: {
  readonly image: string;
  readonly buildId: string;
  readonly provider: string;
  readonly uploadId: string;
}): string {
  return `${key.image}-${key.buildId}/${key.provider}/${key.uploadId}`;
}
