import type { Stat } from '@nodepool/zookeeper';
import type { Stored, UnreadableRecord } from '../types.js';
import type { Field, FieldTable } from './fields.js';
import { type Fields, parseFields, parseLossless, serialize, UnreadableError } from './json.js';

type Entry<S> = readonly [property: keyof S, field: Field<S[keyof S]>];

/** Reads and writes one kind of record. `T` is the record, `S` the part of it that is stored in the data. */
export class Codec<T, S extends object> {
  readonly #entries: readonly Entry<S>[];
  readonly #identify: (path: string) => Omit<T, keyof S>;
  readonly #finish: (fields: Record<string, Fields[string]>) => void;
  /** Made with the first record. */
  #empty: object | undefined;

  /**
   * @param identify what the path says of a record; a new object each time.
   * @param finish sets keys that follow from others, just before writing.
   */
  constructor(
    table: FieldTable<S>,
    identify: (path: string) => Omit<T, keyof S>,
    finish: (fields: Record<string, Fields[string]>) => void = () => undefined,
  ) {
    this.#entries = Object.entries(table) as unknown as readonly Entry<S>[];
    this.#identify = identify;
    this.#finish = finish;
  }

  /** Reads a znode. Never throws for what it holds. */
  decode(path: string, data: Uint8Array, stat: Stat): Snapshot<T> | UnreadableRecord {
    try {
      return new Snapshot(this.#read(parseFields(data), stat.mtimeMs, this.#identify(path)), data, stat);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      return { path, empty: data.length === 0, reason: error.message, mtimeMs: stat.mtimeMs };
    }
  }

  /** Data of a new record. */
  encodeNew(stated: S): Buffer {
    return this.#write({}, (property) => stated[property], stated);
  }

  /**
   * Data of a changed record: what is not in `change` stays as it was stored, unknown keys included; keys that were
   * missing get their defaults.
   *
   * @param before what was read.
   */
  encodeChange({ data, mtimeMs }: { readonly data: Uint8Array; readonly mtimeMs: number }, change: Partial<S>): Buffer {
    const fields = parseFields(data);
    const current = <K extends keyof S>(property: K, field: Field<S[K]>): S[K] =>
      Object.hasOwn(change, property) ? (change[property] as S[K]) : field.read(fields, mtimeMs);
    return this.#write(parseLossless(data, fields), current, change);
  }

  #read(fields: Fields, mtimeMs: number, identity: Omit<T, keyof S>): T {
    const record = { ...this.#emptyRecord(identity), ...identity } as unknown as Partial<S>;
    for (const [property, field] of this.#entries) record[property] = field.read(fields, mtimeMs);
    return record as unknown as T;
  }

  /**
   * What all records are copies of: every property, without a value. An object to which so many are added one by one
   * becomes a hash table, five times as large and slow to make and to read; one parsed from JSON keeps a fixed layout.
   */
  #emptyRecord(identity: Omit<T, keyof S>): object {
    this.#empty ??= JSON.parse(
      JSON.stringify(
        Object.fromEntries([...Object.keys(identity), ...this.#entries.map(([key]) => key)].map((key) => [key, null])),
      ),
    ) as object;
    return this.#empty;
  }

  #write(
    raw: Fields,
    current: <K extends keyof S>(property: K, field: Field<S[K]>) => S[K],
    change: Partial<S>,
  ): Buffer {
    const fields: Record<string, Fields[string]> = { ...raw };
    for (const [property, field] of this.#entries) {
      const untouched = Object.hasOwn(raw, field.key) && !Object.hasOwn(change, property);
      if (untouched && field.normalised !== true) continue;
      const value = field.write(current(property, field));
      if (value === undefined) delete fields[field.key];
      else fields[field.key] = value;
    }
    this.#finish(fields);
    return serialize(fields);
  }
}

/** A record together with the data it was read from, so that a rewrite keeps what it does not know. */
export class Snapshot<T> implements Stored<T> {
  readonly record: T;
  readonly version: number;
  readonly ctimeMs: number;
  readonly mtimeMs: number;
  readonly #data: Uint8Array;

  constructor(record: T, data: Uint8Array, stat: Pick<Stat, 'version' | 'ctimeMs' | 'mtimeMs'>) {
    this.record = record;
    this.version = stat.version;
    this.ctimeMs = stat.ctimeMs;
    this.mtimeMs = stat.mtimeMs;
    this.#data = data;
  }

  get data(): Uint8Array {
    return this.#data;
  }
}

/** True for what could not be read. */
export function isUnreadable(read: object): read is UnreadableRecord {
  return 'reason' in read;
}
