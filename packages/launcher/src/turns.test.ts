import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textHash, turnDelayMs, turnOf } from './turns.js';

const pools = ['a', 'b', 'c', 'd'].map((host) =>
  textHash(`${host}.example.com-PoolWorker.cloud-main-0123456789abcdef`),
);
const keys = Array.from({ length: 4_000 }, (_, number) => `100-${String(number).padStart(10, '0')}`);

function firstOf(key: string, among: readonly number[]): number {
  return among.findIndex(
    (own) =>
      turnOf(
        key,
        [own],
        among.filter((hash) => hash !== own),
      ) === 0,
  );
}

describe('turns', () => {
  it('are the same in every process', () => {
    expect(textHash('100-0000000001')).toBe(textHash(['100', '0000000001'].join('-')));
    expect(keys.slice(0, 8).map((key) => firstOf(key, pools))).toEqual([0, 2, 0, 0, 3, 2, 0, 1]);
  });

  it('give everybody an equal share', () => {
    const shares = [0, 0, 0, 0];
    for (const key of keys) {
      const first = firstOf(key, pools);
      shares[first] = (shares[first] ?? 0) + 1;
    }

    for (const share of shares) expect(Math.abs(share - 1_000)).toBeLessThan(100);
  });

  it('put exactly one pool at each place', () => {
    void fc.assert(
      fc.property(fc.string(), fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 }), (key, names) => {
        const hashes = names.map(textHash);
        fc.pre(new Set(hashes).size === hashes.length);
        const places = hashes.map((own) =>
          turnOf(
            key,
            [own],
            hashes.filter((hash) => hash !== own),
          ),
        );

        expect(places.toSorted()).toEqual(hashes.map((_, place) => place));
      }),
    );
  });

  it('move only the share of whoever leaves', () => {
    const left = pools.slice(1);
    for (const key of keys.slice(0, 500)) {
      const before = firstOf(key, pools);
      if (before > 0) expect(firstOf(key, left)).toBe(before - 1);
    }
  });

  it('count several pools of ours as one, and nobody of ours as last', () => {
    const [first = 0, second = 0, ...others] = pools;
    for (const key of keys.slice(0, 100)) {
      const both = turnOf(key, [first, second], others);
      expect(both).toBe(Math.min(turnOf(key, [first], others), turnOf(key, [second], others)));
    }
    expect(turnOf('key', [], pools)).toBe(pools.length);
  });

  it('cost those behind a bounded wait', () => {
    expect([0, 1, 2, 100].map(turnDelayMs)).toEqual([0, 1_000, 2_000, 5_000]);
  });
});
