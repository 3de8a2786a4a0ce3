import { ProviderError } from '@nodepool/driver-api';
import { FakeClock, seededRandom, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { poll } from './poll.js';

function aPoll(looks: readonly (string | undefined | Error)[], limitMs?: number) {
  const clock = new FakeClock();
  const caller = new AbortController();
  const lookedMs: number[] = [];
  const look = async (): Promise<string | undefined> => {
    const found = looks[lookedMs.push(clock.monotonicMs()) - 1];
    if (found instanceof Error) throw found;
    return found;
  };
  const ended = poll(look, { clock, random: seededRandom(1), signal: caller.signal }, limitMs);
  ended.catch(() => undefined);
  return { clock, caller, lookedMs, ended };
}

describe('polling', () => {
  it('looks at once, and then less and less often', async () => {
    const { clock, lookedMs, ended } = aPoll([...Array<undefined>(12), 'found']);

    await clock.advance(100_000);

    expect(await ended).toBe('found');
    const pauses = lookedMs.slice(1).map((ms, index) => ms - (lookedMs[index] ?? 0));
    expect(lookedMs[0]).toBe(0);
    expect(pauses[0]).toBeLessThanOrEqual(500);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000);
    expect(pauses.at(-1)).toBeGreaterThanOrEqual(8_000);
  });

  it('looks again after what may pass', async () => {
    const { clock, ended } = aPoll([new ProviderError('transient', 'cut'), 'found']);

    await clock.advance(1_000);

    expect(await ended).toBe('found');
  });

  it('ends with what does not pass', async () => {
    const { ended } = aPoll([new ProviderError('not-found', 'gone')]);

    await expect(ended).rejects.toMatchObject({ code: 'not-found' });
  });

  it('gives up when its time is up', async () => {
    const { clock, ended, lookedMs } = aPoll([], 2_000);

    await clock.advance(10_000);

    expect(await ended).toBeUndefined();
    expect(Math.max(...lookedMs)).toBeLessThanOrEqual(2_000);
  });

  it('ends with the reason of the signal', async () => {
    const { caller, ended } = aPoll([]);
    await settle();

    caller.abort(new Error('stopping'));

    await expect(ended).rejects.toThrow('stopping');
  });
});
