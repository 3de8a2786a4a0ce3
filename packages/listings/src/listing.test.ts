import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderListing } from './listing.js';

const listing = {
  columns: [
    { key: 'id', header: 'ID' },
    { key: 'age', header: 'Age', isTime: true },
  ],
  rows: [
    { id: 'a', age: 940, paused: false, formats: ['qcow2'] },
    { id: 'b: yes', age: null, paused: true, formats: [] },
  ],
} as const;

describe('a listing', () => {
  it('shows times as ages in a table', async () => {
    expect((await renderListing(listing, 'table', 1_000_000)).split('\n').slice(3, 5)).toEqual([
      '| a      | 00:00:01:00 |',
      '| b: yes |             |',
    ]);
  });

  it('keeps every key and the times themselves as JSON', async () => {
    expect(JSON.parse(await renderListing(listing, 'json', 1_000_000))).toEqual(listing.rows);
  });

  it('says the same as YAML', async () => {
    expect(parse(await renderListing(listing, 'yaml', 1_000_000))).toEqual(listing.rows);
  });
});
