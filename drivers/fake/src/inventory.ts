import type { Clock } from '@nodepool/runtime';
import type { StateDirectory, StateFile } from './state-directory.js';

/** Told of everything that comes and goes. */
export interface Listener<T> {
  added(record: T, condemned: boolean): void;
  removed(record: T): void;
}

/**
 * The things of one kind in a cloud, by id: an index in memory, over a directory when there is one. A thing exists
 * until it is condemned and its time has come.
 */
export class Inventory<T extends { readonly id: string }> {
  readonly #clock: Clock;
  readonly #directory: StateDirectory | undefined;
  readonly #isRecord: (value: unknown) => value is T;
  readonly #listener: Listener<T>;
  readonly #entries = new Map<string, { readonly record: T; readonly goneAtMs: number | undefined }>();

  constructor(options: {
    readonly clock: Clock;
    readonly directory: StateDirectory | undefined;
    readonly isRecord: (value: unknown) => value is T;
    readonly listener: Listener<T>;
  }) {
    this.#clock = options.clock;
    this.#directory = options.directory;
    this.#isRecord = options.isRecord;
    this.#listener = options.listener;
  }

  /** Whether other processes see the same cloud. */
  get shared(): boolean {
    return this.#directory !== undefined;
  }

  /** Takes in what other processes have done. */
  refresh(): void {
    const files = this.#directory?.listIfChanged();
    if (files === undefined) return;
    const present = new Set<string>();
    for (const file of files) {
      present.add(file.id);
      this.#takeIn(file);
    }
    for (const [id, { record }] of this.#entries) {
      if (!present.has(id)) this.#drop(id, record);
    }
  }

  /** Everything that still exists. */
  all(): readonly T[] {
    this.refresh();
    const nowMs = this.#clock.now();
    const existing: T[] = [];
    for (const [id, { record, goneAtMs }] of this.#entries) {
      if (goneAtMs === undefined || goneAtMs > nowMs) existing.push(record);
      else this.#erase(id, record, goneAtMs);
    }
    return existing;
  }

  get(id: string): T | undefined {
    const seen = this.#entries.get(id);
    const file: StateFile = { id, goneAtMs: seen?.goneAtMs };
    if (seen === undefined || this.#directory?.exists(file) === false) this.refresh();
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (entry.goneAtMs === undefined || entry.goneAtMs > this.#clock.now()) return entry.record;
    this.#erase(id, entry.record, entry.goneAtMs);
    return undefined;
  }

  /** Whether the end of the thing is decided. */
  isCondemned(id: string): boolean {
    return this.#entries.get(id)?.goneAtMs !== undefined;
  }

  /** Exists for everybody when this returns. */
  add(record: T): void {
    this.#directory?.write({ id: record.id, goneAtMs: undefined }, record);
    this.#insert(record, undefined);
  }

  /** Ends the existence of a thing after `ms`; one that is condemned keeps its time. */
  condemn(id: string, ms: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.goneAtMs !== undefined) return;
    if (ms <= 0) {
      this.#erase(id, entry.record, undefined);
      return;
    }
    const goneAtMs = Math.ceil(this.#clock.now() + ms);
    const renamed = this.#directory?.rename({ id, goneAtMs: undefined }, { id, goneAtMs }) ?? true;
    if (renamed) this.#entries.set(id, { record: entry.record, goneAtMs });
    else this.refresh();
  }

  #takeIn(file: StateFile): void {
    const known = this.#entries.get(file.id);
    if (known !== undefined) {
      if (known.goneAtMs !== file.goneAtMs) {
        this.#entries.set(file.id, { record: known.record, goneAtMs: file.goneAtMs });
      }
      return;
    }
    const content = this.#directory?.read(file);
    if (this.#isRecord(content)) this.#insert(content, file.goneAtMs);
  }

  #insert(record: T, goneAtMs: number | undefined): void {
    this.#entries.set(record.id, { record, goneAtMs });
    this.#listener.added(record, goneAtMs !== undefined);
  }

  #erase(id: string, record: T, goneAtMs: number | undefined): void {
    this.#directory?.remove({ id, goneAtMs });
    this.#drop(id, record);
  }

  #drop(id: string, record: T): void {
    this.#entries.delete(id);
    this.#listener.removed(record);
  }
}
