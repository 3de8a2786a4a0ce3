import { type Column, cellText, type Listing, type Row } from '@nodepool/listings';
import type { JsonValue } from '@nodepool/model';
import { CliError } from './errors.js';

/** Which rows and columns of a listing to show, and in which order. */
export interface Selection {
  /** Keys of the columns, in the order wanted. */
  readonly fields?: readonly string[];
  /** Keys to sort by, the most important first; with `-` before it the greatest comes first. */
  readonly sort?: readonly string[];
  /** `key=value`: values of the same key are alternatives, every key has to match. */
  readonly filter?: readonly string[];
}

/**
 * The part of a listing that an operator asked for.
 *
 * @throws CliError `NP_CLI_FIELD_UNKNOWN` for a key that the rows do not have, `NP_CLI_FILTER` for a filter without `=`.
 */
export function selectRows(listing: Listing, { fields, sort = [], filter = [] }: Selection): Listing {
  const known = new Map([...listing.columns, ...(listing.otherColumns ?? [])].map((column) => [column.key, column]));
  const columnOf = (key: string): Column => {
    const column = known.get(key);
    if (column !== undefined) return column;
    throw new CliError('NP_CLI_FIELD_UNKNOWN', `no field ${key}; there are: ${[...known.keys()].join(', ')}`);
  };
  const orders = sort.map((text) => orderBy(columnOf(text.replace(/^-/, '')), text.startsWith('-')));
  const wanted = Map.groupBy(filter.map(parseFilter), ({ key }) => columnOf(key).key);
  const rows = listing.rows
    .filter((row) => [...wanted].every(([key, values]) => values.some(({ value }) => matches(row[key] ?? null, value))))
    .toSorted((left, right) => orders.reduce((result, order) => result || order(left, right), 0));
  if (fields === undefined) return { ...listing, rows };
  const columns = fields.map(columnOf);
  const picked = rows.map((row) => Object.fromEntries(fields.map((key) => [key, row[key] ?? null])));
  return { columns, rows: picked };
}

function parseFilter(text: string): { readonly key: string; readonly value: string } {
  const equals = text.indexOf('=');
  if (equals < 1) throw new CliError('NP_CLI_FILTER', `filter "${text}" has no "=": write it as key=value`);
  return { key: text.slice(0, equals), value: text.slice(equals + 1) };
}

/** Compares as the table shows it; a list matches by any of its elements, true and false in any spelling. */
function matches(value: JsonValue, wanted: string): boolean {
  if (typeof value === 'boolean') return String(value) === wanted.toLowerCase();
  if (cellText(value) === wanted) return true;
  return Array.isArray(value) && value.some((item: JsonValue) => cellText(item) === wanted);
}

/** Sees numbers in texts, so that 9 comes before 10. */
const collator = new Intl.Collator('en', { numeric: true });

function orderBy({ key, isTime }: Column, isDescending: boolean): (left: Row, right: Row) => number {
  // What a table shows of a time is its age, which grows the other way.
  const sign = (isDescending ? -1 : 1) * (isTime === true ? -1 : 1);
  return (left, right) => compareValues(left[key] ?? null, right[key] ?? null, sign);
}

/** Rows without a value come last in either direction. */
function compareValues(left: JsonValue, right: JsonValue, sign: number): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (typeof left === 'number' && typeof right === 'number') return sign * (left - right);
  return sign * collator.compare(cellText(left), cellText(right));
}
