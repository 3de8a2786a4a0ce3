import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellText, renderTable } from './table.js';
import { textWidth } from './text-width.js';

const cell = fc.string({ unit: 'grapheme' }).map((text) => cellText(text));

describe('a table', () => {
  it('is framed, aligned left and as wide as its longest cells', () => {
    const table = renderTable(
      ['ID', 'Provider'],
      [
        ['0000000001', 'cloud-a'],
        ['0000000002', ''],
      ],
    );

    expect(table.split('\n')).toEqual([
      '+------------+----------+',
      '| ID         | Provider |',
      '+------------+----------+',
      '| 0000000001 | cloud-a  |',
      '| 0000000002 |          |',
      '+------------+----------+',
    ]);
  });

  it('has three rules and a header when it is empty', () => {
    expect(renderTable(['ID'], []).split('\n')).toEqual(['+----+', '| ID |', '+----+', '+----+']);
  });

  it('continues a cell on the next line at a line feed', () => {
    expect(
      renderTable(['A', 'B'], [['1\n22', 'x']])
        .split('\n')
        .slice(3, 5),
    ).toEqual(['| 1  | x |', '| 22 |   |']);
  });

  it('counts the columns that a terminal needs', () => {
    expect(
      renderTable(['A'], [['日本'], ['e\u0301é']])
        .split('\n')
        .slice(3, 5),
    ).toEqual(['| 日本 |', '| e\u0301é   |']);
  });

  it('lets no record steer the terminal', () => {
    expect(cellText('\u001b[2Jgone\r')).toBe('\\x1b[2Jgone\\x0d');
  });

  it('has lines of one width and every cell in its place, whatever the cells hold', async () => {
    await fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 5 })).chain(([columns, rows]) =>
          fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), {
            minLength: rows + 1,
            maxLength: rows + 1,
          }),
        ),
        ([headers = [], ...rows]) => {
          const lines = renderTable(headers, rows).split('\n');

          const heights = [headers, ...rows].map((row) => Math.max(...row.map((text) => text.split('\n').length)));
          expect(lines).toHaveLength(3 + heights.reduce((sum, height) => sum + height, 0));
          expect(new Set(lines.map(textWidth)).size).toBe(1);
          for (const text of [headers, ...rows].flat().flatMap((value) => value.split('\n'))) {
            expect(lines.some((line) => line.includes(` ${text} `))).toBe(true);
          }
        },
      ),
    );
  });
});

describe('a cell', () => {
  it.each([
    [null, ''],
    [true, 'True'],
    [0, '0'],
    [['small', 'big'], 'small,big'],
    [[1, null], '1,None'],
    [{ backing_node: '1', slot: null }, "{'backing_node': '1', 'slot': None}"],
  ])('of %j reads "%s"', (value, text) => {
    expect(cellText(value)).toBe(text);
  });
});

describe('a table of very many rows', () => {
  it('is printed whole', () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => [String(index)]);

    const lines = renderTable(['ID'], rows).split('\n');

    expect(lines).toHaveLength(200_004);
    expect(lines.at(-2)).toBe('| 199999 |');
  });
});
