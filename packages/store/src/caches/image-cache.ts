import type { ImageBuild, ImageUpload } from '@nodepool/model';
import type { TreeEntry } from '@nodepool/zookeeper';
import { buildCodec } from '../codec/build.js';
import { isUnreadable, type Snapshot } from '../codec/record.js';
import { uploadCodec } from '../codec/upload.js';
import { parseHeldBack } from '../held-back.js';
import { type ImagePlace, parseImagePath } from '../paths.js';
import type { HeldBack, ImageCache, Stored, UnreadableRecord } from '../types.js';
import { Groups, joinKey } from './groups.js';
import { Listeners } from './listeners.js';

const nothing: HeldBack = new Map();

/** Builds, uploads and flags by the events of the tree below `/nodepool/images`. */
export class WatchedImages implements ImageCache {
  readonly #images = new Set<string>();
  readonly #paused = new Set<string>();
  readonly #requestedAtMs = new Map<string, number>();
  readonly #heldBack = new Map<string, HeldBack>();
  readonly #builds = new Groups<Stored<ImageBuild>>();
  readonly #uploads = new Groups<Stored<ImageUpload>>();
  /** Ready uploads by image and provider: a handful each. */
  readonly #ready = new Groups<Stored<ImageUpload>>();
  readonly #unreadable = new Map<string, UnreadableRecord>();
  readonly #listeners = new Listeners<string>();

  apply(path: string, entry: TreeEntry | undefined): void {
    const place = parseImagePath(path);
    if (place === undefined) return;
    this.#unreadable.delete(path);
    this.#take(place, path, entry);
    this.#listeners.tell(place.image);
  }

  images(): Iterable<string> {
    return this.#images;
  }

  builds(image: string): Iterable<Stored<ImageBuild>> {
    return this.#builds.get(image);
  }

  uploads(image: string): Iterable<Stored<ImageUpload>> {
    return this.#uploads.get(image);
  }

  currentUpload(image: string, provider: string): Stored<ImageUpload> | undefined {
    let current: Stored<ImageUpload> | undefined;
    for (const upload of this.#ready.get(joinKey(image, provider))) {
      if (current === undefined || upload.record.stateTimeSec > current.record.stateTimeSec) current = upload;
    }
    return current;
  }

  isPaused(image: string): boolean {
    return this.#paused.has(image);
  }

  buildRequestedAtMs(image: string): number | undefined {
    return this.#requestedAtMs.get(image);
  }

  heldBack(image: string): HeldBack {
    return this.#heldBack.get(image) ?? nothing;
  }

  unreadable(): Iterable<UnreadableRecord> {
    return this.#unreadable.values();
  }

  onChange(listener: (image: string) => void): Disposable {
    return this.#listeners.add(listener);
  }

  #take(place: ImagePlace, path: string, entry: TreeEntry | undefined): void {
    switch (place.kind) {
      case 'image':
        keep(this.#images, place.image, entry !== undefined);
        break;
      case 'pause':
        keep(this.#paused, place.image, entry !== undefined);
        break;
      case 'request-build':
        if (entry === undefined) this.#requestedAtMs.delete(place.image);
        else this.#requestedAtMs.set(place.image, entry.stat.ctimeMs);
        break;
      case 'held-back':
        if (entry === undefined) this.#heldBack.delete(place.image);
        else this.#heldBack.set(place.image, parseHeldBack(entry.data));
        break;
      case 'build':
        this.#takeBuild(place.image, path, entry);
        break;
      case 'upload':
        this.#takeUpload(place, path, entry);
        break;
    }
  }

  #takeBuild(image: string, path: string, entry: TreeEntry | undefined): void {
    const build = entry && this.#readable(buildCodec.decode(path, entry.data, entry.stat));
    if (build === undefined) this.#builds.delete(image, path);
    else this.#builds.set(image, path, build);
  }

  #takeUpload({ image, provider }: ImagePlace & { readonly kind: 'upload' }, path: string, entry?: TreeEntry): void {
    const upload = entry && this.#readable(uploadCodec.decode(path, entry.data, entry.stat));
    const key = joinKey(image, provider);
    if (upload === undefined) this.#uploads.delete(image, path);
    else this.#uploads.set(image, path, upload);
    if (upload?.record.state === 'ready') this.#ready.set(key, path, upload);
    else this.#ready.delete(key, path);
  }

  #readable<T>(read: Snapshot<T> | UnreadableRecord): Snapshot<T> | undefined {
    if (!isUnreadable(read)) return read;
    this.#unreadable.set(read.path, read);
    return undefined;
  }
}

function keep(set: Set<string>, name: string, wanted: boolean): void {
  if (wanted) set.add(name);
  else set.delete(name);
}
