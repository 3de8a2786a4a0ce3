import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedList } from './sorted-list.js';

const byValue = (left: number, right: number): number => left - right;

describe('SortedList', () => {
  it('holds what a sorted array would hold', async () => {
    const operation = fc.record({ add: fc.boolean(), value: fc.integer({ min: 0, max: 60 }) });
    await fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const list = new SortedList(byValue);
        const expected = new Set<number>();

        for (const { add, value } of operations) {
          if (!add) expect(list.delete(value)).toBe(expected.delete(value));
          else if (!expected.has(value)) {
            expected.add(value);
            list.add(value);
          }
        }

        expect([...list]).toEqual([...expected].sort(byValue));
        expect(list.isEmpty).toBe(expected.size === 0);
      }),
    );
  });

  it('stays in order over many chunks, whatever the order of insertion', () => {
    const list = new SortedList(byValue);
    const scattered = Array.from({ length: 3_000 }, (_, index) => (index * 1_009) % 3_000);

    for (const value of scattered) list.add(value);
    for (const value of scattered) if (value % 3 === 0) list.delete(value);

    const expected = Array.from({ length: 3_000 }, (_, index) => index).filter((value) => value % 3 !== 0);
    expect([...list]).toEqual(expected);
  });

  it('goes on when items are removed while they are looked at', () => {
    const list = new SortedList(byValue);
    for (let value = 0; value < 1_000; value += 1) list.add(value);
    const seen: number[] = [];

    for (const value of list) {
      seen.push(value);
      list.delete(value);
    }

    expect(seen).toHaveLength(1_000);
    expect(list.isEmpty).toBe(true);
  });
});
