import { describe, expect, it } from 'vitest';
import { deadline, systemClock } from './clock.js';
import { FakeClock } from './testing/index.js';

describe('systemClock', () => {
  it('rejects a sleep with the reason of its signal', async () => {
    const controller = new AbortController();
    const asleep = systemClock.sleep(60_000, controller.signal);

    controller.abort(new Error('stopping'));

    await expect(asleep).rejects.toThrow('stopping');
  });
});

describe('deadline', () => {
  it('aborts when time is up', async () => {
    const clock = new FakeClock();
    using limit = deadline(clock, 500);

    await clock.advance(500);

    expect(limit.signal.aborted).toBe(true);
    expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'not done within 500 ms' });
  });

  it('says what its caller has to say', async () => {
    const clock = new FakeClock();
    using limit = deadline(clock, 500, undefined, 'the build took too long');

    await clock.advance(500);

    expect(limit.signal.reason).toMatchObject({ name: 'TimeoutError', message: 'the build took too long' });
  });

  it('follows the signal it was given', () => {
    const controller = new AbortController();
    using limit = deadline(new FakeClock(), 500, controller.signal);

    controller.abort(new Error('stopping'));

    expect(limit.signal.reason).toMatchObject({ message: 'stopping' });
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    {
      using _limit = deadline(clock, 500);
    }

    expect(clock.sleeping).toBe(0);
  });
});
