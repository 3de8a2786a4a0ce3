import { describe, expect, it } from 'vitest';
import { RateLimiter, Semaphore } from './limits.js';
import { FakeClock, settle } from './testing/index.js';

describe('Semaphore', () => {
  it('never lets more than its size in, and serves in order', async () => {
    const semaphore = new Semaphore(2);
    const order: number[] = [];
    let inside = 0;
    let most = 0;

    await Promise.all(
      [1, 2, 3, 4, 5].map((item) =>
        semaphore.run(async () => {
          inside += 1;
          most = Math.max(most, inside);
          order.push(item);
          await settle(1);
          inside -= 1;
        }),
      ),
    );

    expect(most).toBe(2);
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  it('frees its place when the work fails', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');

    expect(await semaphore.run(async () => 'in')).toBe('in');
  });

  it('drops out of the queue when the signal aborts', async () => {
    const semaphore = new Semaphore(1);
    const controller = new AbortController();
    let release = (): void => undefined;
    const holder = semaphore.run(() => new Promise<void>((resolve) => (release = resolve)));
    const waiter = semaphore.run(async () => 'never', controller.signal);

    controller.abort(new Error('stopping'));

    await expect(waiter).rejects.toThrow('stopping');
    release();
    await holder;
    expect(await semaphore.run(async () => 'in')).toBe('in');
  });
});

describe('RateLimiter', () => {
  it('spaces calls', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock, 100);
    const at: number[] = [];

    for (let call = 0; call < 3; call += 1) void limiter.turn().then(() => at.push(clock.monotonicMs()));
    await clock.advance(1_000);

    expect(at).toEqual([0, 100, 200]);
  });

  it('holds off for as long as the cloud asked', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock, 0);
    limiter.holdOff(2_000);
    let passed = false;

    void limiter.turn().then(() => (passed = true));
    await clock.advance(1_999);
    const before = passed;
    await clock.advance(1);

    expect([before, passed]).toEqual([false, true]);
  });
});
