import { WebError } from '../errors.js';
import type { PageQuery } from './schemas/index.js';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly total: number;
  readonly next: string | null;
}

/**
 * The page of `rows` that a query asks for, in the order of their keys. Rows that come or go meanwhile shift nothing: a
 * cursor is the key of the last row that was seen.
 *
 * @param show makes an item of a row; called for the rows of the page alone.
 * @throws WebError NP_WEB_INPUT for a cursor that is none of ours.
 */
export function pageOf<Row, Item>(
  rows: Iterable<Row>,
  keyOf: (row: Row) => string,
  { limit, cursor }: PageQuery,
  show: (row: Row) => Item,
): Page<Item> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const left: { readonly key: string; readonly row: Row }[] = [];
  let total = 0;
  for (const row of rows) {
    total += 1;
    const key = keyOf(row);
    if (after === undefined || key > after) left.push({ key, row });
  }
  left.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  const page = left.slice(0, limit);
  const last = left.length > limit ? page.at(-1) : undefined;
  return {
    items: page.map(({ row }) => show(row)),
    total,
    next: last === undefined ? null : Buffer.from(last.key).toString('base64url'),
  };
}

function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url');
  if (key.toString('base64url') !== cursor || key.length === 0) {
    throw new WebError('NP_WEB_INPUT', 'the cursor is not one that a page has given', {
      errors: [{ path: 'query.cursor', message: 'not a cursor' }],
    });
  }
  return key.toString();
}
