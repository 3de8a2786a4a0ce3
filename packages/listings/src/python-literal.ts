import type { JsonValue } from '@nodepool/model';

/**
 * A value as a one-line Python literal: what the tables have always shown for objects.
 *
 * Source: docs/compatibility/interfaces.md section 2.2.
 */
export function pythonLiteral(value: JsonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return quote(value);
  if (isList(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${quote(key)}: ${pythonLiteral(member)}`);
  return `{${members.join(', ')}}`;
}

/** Tells a list from an object; `Array.isArray` does not narrow read-only arrays. */
export function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

const namedEscapes: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** Single quotes, or double ones where that saves escapes, as Python does. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replaceAll(/[\\\p{C}\p{Z}]/gu, (found) => (found === ' ' ? found : escaped(found)));
  return `${mark}${mark === "'" ? body.replaceAll("'", "\\'") : body}${mark}`;
}

function escaped(found: string): string {
  return namedEscapes.get(found) ?? codePointEscape(found);
}

/** `\x1b`, `\u200b` or `\U0001f600`: the shortest that holds the code point. */
export function codePointEscape(character: string): string {
  const digits = (character.codePointAt(0) ?? 0).toString(16);
  if (digits.length <= 2) return `\\x${digits.padStart(2, '0')}`;
  return digits.length <= 4 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
