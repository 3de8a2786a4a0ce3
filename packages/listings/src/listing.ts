import type { JsonValue } from '@nodepool/model';
import { formatAge } from './age.js';
import { cellText, renderTable } from './table.js';

export const outputFormats = ['table', 'json', 'yaml'] as const;

export type OutputFormat = (typeof outputFormats)[number];

/** A column of a list: its key in JSON and its header in a table. */
export interface Column {
  readonly key: string;
  readonly header: string;
  /** The value is a time, seconds since the epoch; a table shows how long ago that was. */
  readonly isTime?: true;
}

export type Row = Readonly<Record<string, JsonValue>>;

/** What a list command shows; JSON and YAML hold every key of the rows, a table only the columns. */
export interface Listing {
  readonly columns: readonly Column[];
  /** What rows hold beside that: shown in a table when asked for. */
  readonly otherColumns?: readonly Column[];
  readonly rows: readonly Row[];
}

/** Adds what colours a cell to its text, and nothing that takes place. */
export type Paint = (text: string, key: string) => string;

/** A listing as text, without a line feed at the end. */
export async function renderListing(
  listing: Listing,
  format: OutputFormat,
  nowMs: number,
  paint?: Paint,
): Promise<string> {
  return format === 'table' ? listingTable(listing, nowMs, paint) : renderData(listing.rows, format);
}

/** Data for programs: JSON or YAML, without a line feed at the end. */
export async function renderData(data: unknown, format: 'json' | 'yaml'): Promise<string> {
  if (format === 'json') return JSON.stringify(data, null, 2);
  const { stringify } = await import('yaml');
  return stringify(data).trimEnd();
}

function listingTable({ columns, rows }: Listing, nowMs: number, paint: Paint = (text) => text): string {
  return renderTable(
    columns.map(({ header }) => header),
    rows.map((row) => columns.map((column) => columnText(column, row[column.key] ?? null, nowMs))),
    (text, column) => paint(text, columns[column]?.key ?? ''),
  );
}

function columnText(column: Column, value: JsonValue, nowMs: number): string {
  return column.isTime === true && typeof value === 'number' ? formatAge(value, nowMs) : cellText(value);
}
