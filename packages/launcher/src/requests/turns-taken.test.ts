import { describe, expect, it } from 'vitest';
import { textHash } from '../turns.js';
import type { TurnTaker } from './registered-pools.js';
import { Turns } from './turns-taken.js';

function aTaker(id: string, overrides: Partial<TurnTaker> = {}): TurnTaker {
  const labels = new Set(['small']);
  const common = { provider: 'cloud-a', name: 'main', priority: 100, paused: false, takesTurns: true };
  return { id, labels, hash: textHash(id), ...common, ...overrides };
}

function seenBy(own: string, pools: readonly TurnTaker[]): Turns {
  return new Turns(
    () => pools,
    (id) => id === own,
  );
}

const pools = [aTaker('a'), aTaker('b'), aTaker('c')];
const keys = Array.from({ length: 50 }, (_, number) => `node-${number}`);

describe('what belongs to no request', () => {
  it('is at once for exactly one launcher', () => {
    for (const key of keys) {
      const delays = pools.map(({ id }) => seenBy(id, pools).delayMs(key, 'cloud-a'));
      expect(delays.filter((ms) => ms === 0)).toHaveLength(1);
    }
  });

  it('is at once for who is alone, and for who is beside pools that take no turns', () => {
    const beside = [aTaker('a'), aTaker('old', { takesTurns: false })];

    for (const key of keys) expect(seenBy('a', beside).delayMs(key, 'cloud-a')).toBe(0);
  });

  it('comes last to who does not serve the provider', () => {
    const other = aTaker('d', { provider: 'cloud-b' });

    for (const key of keys) expect(seenBy('d', [...pools, other]).delayMs(key, 'cloud-a')).toBe(3_000);
  });

  it('comes first to who has made it, while that one is there', () => {
    for (const key of keys) {
      expect(seenBy('b', pools).delayMs(key, 'cloud-a', null, 'b')).toBe(0);
      expect(seenBy('a', pools).delayMs(key, 'cloud-a', null, 'b')).toBeGreaterThan(0);
      expect(seenBy('a', pools).delayMs(key, 'cloud-a', null, 'gone')).toBe(seenBy('a', pools).delayMs(key, 'cloud-a'));
    }
  });

  it('may be left to others that serve the same pool', () => {
    expect(seenBy('a', pools).isServedElsewhere('cloud-a', 'main')).toBe(true);
    expect(seenBy('a', pools).isServedElsewhere('cloud-a', 'other')).toBe(false);
    expect(seenBy('a', pools.slice(0, 1)).isServedElsewhere('cloud-a', 'main')).toBe(false);
  });
});
