import { describe, expect, it } from 'vitest';
import { blocksOf, parseRanges } from './data-ranges.js';

const extent = (start: number, length: number, data: boolean) => ({ start, length, depth: 0, zero: !data, data });

describe('a map of holes', () => {
  it('yields the parts that may hold data', () => {
    expect(parseRanges([extent(0, 10, true), extent(10, 20, false), extent(30, 5, true)])).toEqual([
      { start: 0, length: 10 },
      { start: 30, length: 5 },
    ]);
  });

  it.each([
    ['no list', {}],
    ['extents with a gap', [extent(0, 10, true), extent(20, 10, true)]],
    ['extents without a length', [extent(0, 0, true)]],
    ['something else', [{ start: 0, length: '10' }]],
  ])('is not believed when it is %s', (_, json) => {
    expect(parseRanges(json)).toBeUndefined();
  });
});

describe('blocks', () => {
  it('may hold data where a part of them does', () => {
    expect(blocksOf([{ start: 9, length: 2 }], 45, 10)).toEqual([true, true, false, false, false]);
    expect(blocksOf([{ start: 40, length: 100 }], 45, 10)).toEqual([false, false, false, false, true]);
  });

  it('may all hold data when nothing is known', () => {
    expect(blocksOf(undefined, 21, 10)).toEqual([true, true, true]);
  });
});
