import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, retry } from './retry.js';
import { FakeClock, seededRandom } from './testing/index.js';

const policy = { initialMs: 100, factor: 2, maxMs: 1_000, attempts: 3, jitter: 0 };
const signal = new AbortController().signal;

describe('backoffMs', () => {
  it('grows from the first delay to the greatest and never leaves that range', async () => {
    await fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempt, random) => {
          const full = backoffMs(policy, attempt, random);
          const jittered = backoffMs({ ...policy, jitter: 0.5 }, attempt, random);

          expect(full).toBe(Math.min(1_000, 100 * 2 ** (attempt - 1)));
          expect(jittered).toBeGreaterThan(full / 2 - 1e-9);
          expect(jittered).toBeLessThanOrEqual(full);
        },
      ),
    );
  });
});

describe('retry', () => {
  const failing = (failures: number): { readonly call: () => Promise<string>; readonly made: () => number } => {
    let made = 0;
    return {
      made: () => made,
      call: async () => {
        made += 1;
        if (made <= failures) throw new Error(`failure ${made}`);
        return 'done';
      },
    };
  };

  it('returns the first success', async () => {
    const clock = new FakeClock();
    const operation = failing(2);

    const result = retry(operation.call, policy, () => 0, { clock, random: seededRandom(1), signal });
    await clock.advance(300);

    expect(await result).toBe('done');
  });

  it('gives up with the last error when the attempts are used up', async () => {
    const clock = new FakeClock();
    const result = retry(failing(9).call, policy, () => 0, { clock, random: seededRandom(1), signal });
    const outcome = expect(result).rejects.toThrow('failure 3');
    await clock.advance(10_000);

    await outcome;
  });

  it('does not repeat what the predicate refuses', async () => {
    const operation = failing(9);

    await expect(
      retry(operation.call, policy, () => undefined, { clock: new FakeClock(), random: seededRandom(1), signal }),
    ).rejects.toThrow('failure 1');
    expect(operation.made()).toBe(1);
  });

  it('waits at least as long as the other side asked', async () => {
    const clock = new FakeClock();
    const operation = failing(1);
    const result = retry(operation.call, policy, () => 5_000, { clock, random: seededRandom(1), signal });

    await clock.advance(4_999);
    const before = operation.made();
    await clock.advance(1);

    expect(before).toBe(1);
    expect(await result).toBe('done');
  });
});
