import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { expect, it } from 'vitest';
import { Delays } from './delays.js';

const policy = { initialMs: 10_000, factor: 2, maxMs: 30_000, jitter: 0 };

it('grows with each failure up to a limit, and starts anew after a success', () => {
  const delays = new Delays(new FakeClock(), seededRandom(1), policy);

  expect([1, 2, 3, 4].map(() => delays.failed('debian', 'x'))).toEqual([10_000, 20_000, 30_000, 30_000]);
  delays.succeeded('debian');
  expect(delays.failed('debian', 'x')).toBe(10_000);
});

it('ends by time, whatever the wall clock does', async () => {
  const clock = new FakeClock();
  const delays = new Delays(clock, seededRandom(1), policy);
  delays.failed('debian', 'x');

  clock.jump(-86_400_000);
  await clock.advance(9_000);

  expect(delays.remainingMs('debian', () => 'x')).toBe(1_000);
  expect(delays.list()).toEqual([{ what: 'debian', failures: 1, inMs: 1_000 }]);
});

it('ends at once under new circumstances', () => {
  const delays = new Delays(new FakeClock(), seededRandom(1), policy);
  delays.failed('debian', 'old configuration');

  expect(delays.remainingMs('debian', () => 'new configuration')).toBe(0);
});

it('forgets what is no longer known', () => {
  const delays = new Delays(new FakeClock(), seededRandom(1), policy);
  delays.failed('gone', 'x');

  delays.retain((key) => key !== 'gone');

  expect(delays.list()).toEqual([]);
});
