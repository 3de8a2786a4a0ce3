import { isUtf8 } from 'node:buffer';
import type { JsonValue } from '@nodepool/model';

/** A stored object, keys as stored. Values may be raw numbers after {@link parseLossless}; only writers use that. */
export type Fields = Readonly<Record<string, JsonValue>>;

/** Longest data that are taken for a record: the original writes about a thousandth of it. */
export const maxRecordBytes = 256 * 1024;

/** Why data are no record. Never leaves the package: it becomes the reason of an `UnreadableRecord`. */
export class UnreadableError extends Error {}

// Part of the platform since V8 11.4, not yet of TypeScript's library.
interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(source: string): JsonValue;
}

/** Numbers whose text JavaScript may not write back as it was: long, in exponents, with trailing zeros, negative zero. */
const delicateNumber = /[[:,\s](?:-?(?:\d{16,}|\d+\.\d*0|[\d.]{19,}|[\d.]+[eE][+-]?\d+)|-0)\s*[,\]}]/;

/**
 * Parses a stored object.
 *
 * @throws UnreadableError saying in one clause what is wrong.
 */
export function parseFields(data: Uint8Array): Fields {
  if (data.length === 0) throw new UnreadableError('no data');
  if (data.length > maxRecordBytes) throw new UnreadableError(`${data.length} bytes long`);
  const parsed = parseText(decodeText(data));
  if (!isFields(parsed)) throw new UnreadableError('not a JSON object');
  return parsed;
}

/**
 * The same object, fit for being written back: every number keeps the text it was stored with.
 *
 * @param plain what {@link parseFields} made of `data`; returned when nothing can get lost.
 */
export function parseLossless(data: Uint8Array, plain: Fields): Fields {
  const text = decodeText(data);
  if (!delicateNumber.test(text)) return plain;
  const { parse, rawJSON } = JSON as unknown as JsonWithSource;
  const parsed = parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
  return isFields(parsed) ? parsed : plain;
}

/** @param sorted orders the keys, as component records have them. */
export function serialize(fields: Fields, sorted = false): Buffer {
  const entries = Object.entries(fields);
  if (sorted) entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify(sorted ? Object.fromEntries(entries) : fields));
}

function decodeText(data: Uint8Array): string {
  if (!isUtf8(data)) throw new UnreadableError('not UTF-8');
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8');
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UnreadableError('not JSON', { cause: error });
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
