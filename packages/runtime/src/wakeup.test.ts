import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from './testing/index.js';
import { Wakeup } from './wakeup.js';

const never = new AbortController().signal;

describe('Wakeup', () => {
  it('returns at once when it was marked before', async () => {
    const wakeup = new Wakeup(new FakeClock());
    wakeup.mark();

    await wakeup.next(undefined, never);
  });

  it('coalesces marks', async () => {
    const wakeup = new Wakeup(new FakeClock());
    wakeup.mark();
    wakeup.mark();
    await wakeup.next(undefined, never);
    let returned = false;

    void wakeup.next(undefined, never).then(() => {
      returned = true;
    });
    await settle();

    expect(returned).toBe(false);
  });

  it('returns when time is up, and leaves no timer behind when marked first', async () => {
    const clock = new FakeClock();
    const wakeup = new Wakeup(clock);
    const timed = wakeup.next(1_000, never);
    await clock.advance(1_000);
    await timed;

    const marked = wakeup.next(1_000, never);
    wakeup.mark();
    await marked;

    expect(clock.sleeping).toBe(0);
  });

  it('returns when the signal aborts', async () => {
    const controller = new AbortController();
    const waiting = new Wakeup(new FakeClock()).next(undefined, controller.signal);

    controller.abort();

    await waiting;
  });
});
