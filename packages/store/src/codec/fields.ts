import type { JsonObject, JsonValue } from '@nodepool/model';
import { type Fields, UnreadableError } from './json.js';

/** How one property of a record is stored. */
export interface Field<V> {
  readonly key: string;
  /**
   * @param mtimeMs when the znode was last written.
   * @throws UnreadableError when the value cannot be taken for a `V`.
   */
  read(fields: Fields, mtimeMs: number): V;
  /** Undefined leaves the key out. */
  write(value: V): JsonValue | undefined;
  /** Written from the record even where unchanged, because old spellings are accepted on read. */
  readonly normalised?: boolean;
}

/** Every stored property of a record, in the order in which new records are written. */
export type FieldTable<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Text or null. Numbers and booleans are taken for their text: some cloud wrote them. */
export function text(key: string, missing: string | null = null): Field<string | null> {
  return {
    key,
    read: (fields) => {
      const value = stored(fields, key, missing);
      if (value === null || typeof value === 'string') return value;
      if (typeof value === 'number' || typeof value === 'boolean') return String(value);
      return wrong(key, 'text');
    },
    write: (value) => value,
  };
}

/** Left out while null. */
export function optionalText(key: string): Field<string | null> {
  return { ...text(key), write: (value) => value ?? undefined };
}

/** A number or null. */
export function number(key: string): Field<number | null> {
  return { key, read: (fields) => readNumber(key, stored(fields, key, null)), write: (value) => value };
}

/** A list of texts; null and a missing key read as the empty list. */
export function textList(key: string): Field<readonly string[]> {
  return { key, read: (fields) => readTexts(key, stored(fields, key, [])), write: (value) => value };
}

/** An object or null. */
export function object(key: string): Field<JsonObject | null> {
  return {
    key,
    read: (fields) => {
      const value = stored(fields, key, null);
      return value === null || isObject(value) ? value : wrong(key, 'an object');
    },
    write: (value) => value,
  };
}

/** Whatever its owner put there. */
export function opaque(key: string): Field<JsonValue> {
  return { key, read: (fields) => stored(fields, key, null), write: (value) => value };
}

/** One of `states`; there is no default. */
export function state<S extends string>(states: readonly S[]): Field<S> {
  return {
    key: 'state',
    read: (fields) => {
      const value = stored(fields, 'state', null);
      const known = states.find((candidate) => candidate === value);
      if (known !== undefined) return known;
      throw new UnreadableError(value === null ? 'no state' : `unknown state ${JSON.stringify(value).slice(0, 80)}`);
    },
    write: (value) => value,
  };
}

/** Time of the last change of state; a record without one was changed when its znode was. */
export const stateTime: Field<number> = {
  key: 'state_time',
  read: (fields, mtimeMs) => readNumber('state_time', stored(fields, 'state_time', null)) ?? mtimeMs / 1000,
  write: (value) => value,
};

/** A missing key takes the default; a null that is there stays null. */
export function stored(fields: Fields, key: string, missing: JsonValue): JsonValue {
  return Object.hasOwn(fields, key) ? (fields[key] ?? null) : missing;
}

export function readNumber(key: string, value: JsonValue): number | null {
  if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value;
  return wrong(key, 'a number');
}

export function readTexts(key: string, value: JsonValue): readonly string[] {
  if (value === null) return [];
  if (!Array.isArray(value)) return wrong(key, 'a list');
  return value.every((item) => typeof item === 'string') ? value : wrong(key, 'a list of texts');
}

export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function wrong(key: string, wanted: string): never {
  throw new UnreadableError(`field "${key}" is not ${wanted}`);
}
