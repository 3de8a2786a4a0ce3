import type { Listing } from '@nodepool/listings';
import { describe, expect, it } from 'vitest';
import { selectRows } from './select-rows.js';

const listing: Listing = {
  columns: [
    { key: 'id', header: 'ID' },
    { key: 'label', header: 'Label' },
    { key: 'changed', header: 'Age', isTime: true },
  ],
  otherColumns: [{ key: 'pool', header: 'Pool' }],
  rows: [
    { id: '9', label: ['small', 'fast'], changed: 100, pool: 'main' },
    { id: '10', label: ['small'], changed: 300, pool: null },
    { id: '11', label: [], changed: 200, pool: 'main' },
  ],
};

function ids(selection: Parameters<typeof selectRows>[1]): readonly unknown[] {
  return selectRows(listing, selection).rows.map(({ id }) => id);
}

describe('a selection of rows', () => {
  it('keeps everything when nothing is asked for', () => {
    expect(selectRows(listing, {})).toEqual(listing);
  });

  it('shows the fields asked for, in that order, others of the rows included', () => {
    const { columns, rows } = selectRows(listing, { fields: ['pool', 'id'] });

    expect(columns.map(({ header }) => header)).toEqual(['Pool', 'ID']);
    expect(rows[0]).toEqual({ pool: 'main', id: '9' });
  });

  it.each([
    [['id'], ['9', '10', '11']],
    [['-id'], ['11', '10', '9']],
    [['changed'], ['10', '11', '9']],
    [
      ['pool', '-id'],
      ['11', '9', '10'],
    ],
    [
      ['-pool', 'id'],
      ['9', '11', '10'],
    ],
  ])('sorts by %j: numbers by value, times by age, nothing last', (sort, expected) => {
    expect(ids({ sort })).toEqual(expected);
  });

  it.each([
    [['pool=main'], ['9', '11']],
    [['pool='], ['10']],
    [['label=fast'], ['9']],
    [['label=small,fast'], ['9']],
    [['label='], ['11']],
    [
      ['id=9', 'id=10'],
      ['9', '10'],
    ],
    [['id=9', 'id=10', 'pool=main'], ['9']],
    [['changed=300'], ['10']],
  ])('filters by %j', (filter, expected) => {
    expect(ids({ filter })).toEqual(expected);
  });

  it.each([{ fields: ['colour'] }, { sort: ['-colour'] }, { filter: ['colour=red'] }])(
    'names the fields there are for %j',
    (selection) => {
      expect(() => selectRows(listing, selection)).toThrow('no field colour; there are: id, label, changed, pool');
    },
  );

  it('refuses a filter that is none', () => {
    expect(() => selectRows(listing, { filter: ['ready'] })).toThrow('write it as key=value');
  });
});
