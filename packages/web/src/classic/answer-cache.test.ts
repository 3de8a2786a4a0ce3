import { describe, expect, it } from 'vitest';
import { AnswerCache, lifetimeMs } from './answer-cache.js';

/** A cache, and how often each answer was made. */
function counting() {
  const cache = new AnswerCache();
  const made = new Map<string, number>();
  const ask = (key: string, nowMs = 0) =>
    cache.get(key, nowMs, async () => {
      made.set(key, (made.get(key) ?? 0) + 1);
      return { contentType: 'text/plain', body: key, madeAtMs: nowMs };
    });
  return { ask, made };
}

describe('answers', () => {
  it('are made once for all who ask at once, and again after a second', async () => {
    const { ask, made } = counting();

    await Promise.all([ask('a'), ask('a'), ask('a', lifetimeMs - 1)]);
    const shared = made.get('a');
    await ask('a', lifetimeMs);

    expect([shared, made.get('a')]).toEqual([1, 2]);
  });

  it('are dropped, the oldest first, when there are too many questions', async () => {
    const { ask, made } = counting();
    for (let number = 0; number < 101; number += 1) await ask(`q${number}`);

    await ask('q0');
    await ask('q100');

    expect([made.get('q0'), made.get('q100')]).toEqual([2, 1]);
  });

  it('that could not be made are tried again', async () => {
    const cache = new AnswerCache();
    const answer = { contentType: 'text/plain', body: 'fine', madeAtMs: 0 };

    const failed = await cache
      .get('a', 0, () => Promise.reject(new Error('not now')))
      .catch((error: Error) => error.message);

    expect(failed).toBe('not now');
    expect(await cache.get('a', 0, async () => answer)).toBe(answer);
  });
});
