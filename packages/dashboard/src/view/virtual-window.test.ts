import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { virtualWindow } from './virtual-window.js';

const viewport = fc.record({
  scrollPx: fc.nat(400_000),
  heightPx: fc.integer({ min: 1, max: 4_000 }),
  rowPx: fc.integer({ min: 10, max: 60 }),
});

describe('the rows in sight', () => {
  it('are all drawn, and the table is as high as if every row were', () => {
    fc.assert(
      fc.property(fc.nat(20_000), viewport, (count, view) => {
        const { first, end, beforePx, afterPx } = virtualWindow(count, view);
        expect(beforePx + (end - first) * view.rowPx + afterPx).toBe(count * view.rowPx);
        const lastPossible = Math.max(0, count * view.rowPx - view.heightPx);
        const scrollPx = Math.min(view.scrollPx, lastPossible);
        const seenEnd = Math.min(count, Math.ceil((scrollPx + view.heightPx) / view.rowPx));
        expect(first).toBeLessThanOrEqual(Math.floor(scrollPx / view.rowPx));
        expect(end).toBeGreaterThanOrEqual(seenEnd);
      }),
    );
  });

  it('are few, however long the table is', () => {
    const { first, end } = virtualWindow(5_000, { scrollPx: 80_000, heightPx: 900, rowPx: 32 });

    expect(end - first).toBeLessThan(70);
  });
});
