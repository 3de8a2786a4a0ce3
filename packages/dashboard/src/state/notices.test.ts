import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { Notices } from './notices.js';

describe('notices', () => {
  it('go away by themselves, the oldest first', async () => {
    const clock = new FakeClock();
    const notices = new Notices(clock);
    notices.tell('one');
    await clock.advance(5_000);
    notices.tell('two');

    await clock.advance(4_000);
    expect(notices.shown.value.map(({ text }) => text)).toEqual(['two']);
    await clock.advance(10_000);
    expect(notices.shown.value).toEqual([]);
  });

  it('are four at most', () => {
    const notices = new Notices(new FakeClock());

    for (const text of 'abcdef') notices.tell(text);

    expect(notices.shown.value.map(({ text }) => text).join('')).toBe('cdef');
  });
});
