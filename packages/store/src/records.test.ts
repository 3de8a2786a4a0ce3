import { describe, expect, it } from 'vitest';
import { mapBounded } from './records.js';

describe('mapBounded', () => {
  it('keeps the order of the items and the bound', async () => {
    let underWay = 0;
    let most = 0;

    const results = await mapBounded(
      [5, 1, 4, 2, 3],
      async (item) => {
        underWay += 1;
        most = Math.max(most, underWay);
        for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
        underWay -= 1;
        return item * 10;
      },
      2,
    );

    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('starts nothing more once a call has failed', async () => {
    const started: number[] = [];
    const items = Array.from({ length: 50 }, (_, index) => index);
    const failing = mapBounded(
      items,
      async (item) => {
        started.push(item);
        await Promise.resolve();
        if (item === 1) throw new Error('broken');
      },
      2,
    );

    await expect(failing).rejects.toThrow('broken');
    await Promise.resolve();
    expect(started.length).toBeLessThan(10);
  });

  it('does nothing for nothing', async () => {
    expect(await mapBounded([], async () => 1)).toEqual([]);
  });
});
