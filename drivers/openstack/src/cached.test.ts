import type { CallContext } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { Cached, findIn } from './cached.js';

function aContext(signal = new AbortController().signal): CallContext {
  return { signal, log: silentLogger };
}

/** Answers 1, 2, 3 and so on. */
function counting(clock = new FakeClock()): Cached<number> {
  let count = 0;
  return new Cached(async () => {
    count += 1;
    return count;
  }, clock);
}

describe('a cached value', () => {
  it('is fetched once for all who want it', async () => {
    const cached = counting();

    expect(await Promise.all([cached.get(aContext()), cached.get(aContext())])).toEqual([1, 1]);
    expect(await cached.get(aContext())).toBe(1);
  });

  it('is fetched again when it was cleared', async () => {
    const cached = counting();
    await cached.get(aContext());

    cached.clear();

    expect(await cached.get(aContext())).toBe(2);
  });

  it('is fetched again after a failure', async () => {
    const answers = [Promise.reject(new Error('down')), Promise.resolve('up')];
    const cached = new Cached(async () => answers.shift(), new FakeClock());

    await expect(cached.get(aContext())).rejects.toThrow('down');
    expect(await cached.get(aContext())).toBe('up');
  });

  it('survives that the caller who began to fetch it gives up', async () => {
    const first = new AbortController();
    let fetches = 0;
    const cached = new Cached(({ signal }: CallContext) => {
      fetches += 1;
      if (signal !== first.signal) return Promise.resolve(fetches);
      return new Promise<number>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    }, new FakeClock());
    const impatient = cached.get(aContext(first.signal));
    const patient = cached.get(aContext());

    first.abort(new Error('stopping'));

    await expect(impatient).rejects.toThrow('stopping');
    expect(await patient).toBe(2);
  });

  it('is renewed for whoever misses something, unless it is only seconds old', async () => {
    const clock = new FakeClock();
    const cached = counting(clock);
    const isTwo = (value: number): number | undefined => (value === 2 ? value : undefined);

    expect(await findIn(cached, isTwo, aContext())).toBeUndefined();
    await clock.advance(5000);
    expect(await findIn(cached, isTwo, aContext())).toBe(2);
  });
});
