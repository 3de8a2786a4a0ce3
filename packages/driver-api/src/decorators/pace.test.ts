import { noMetrics, RateLimiter, silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { CallContext, Provider } from '../driver.js';
import { ProviderError } from '../errors.js';
import { withDeadline } from './deadline.js';
import { withMetrics } from './metrics.js';
import { withRateLimit } from './rate-limit.js';
import { withRetry } from './retry.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };

/** Every check makes two requests, each at its turn; override what the test is about. */
function aPacedProvider(requests: number[], clock: FakeClock, overrides: Partial<Provider> = {}): Provider {
  return {
    pacesRequests: true,
    launch: async () => ({ externalId: 'i-1', data: null }),
    checkLaunch: async (_ticket, { pace }) => {
      for (let request = 0; request < 2; request += 1) {
        await pace?.turn();
        requests.push(clock.monotonicMs());
      }
      return { state: 'pending' };
    },
    terminate: async () => undefined,
    listInstances: async () => [],
    ...overrides,
  };
}

const checkCtx = { ...ctx, instances: async () => new Map() };
const ticket = { externalId: 'i-1', data: null };

describe('a provider that paces its requests', () => {
  it('has each of them spaced, whatever call it belongs to', async () => {
    const clock = new FakeClock();
    const requests: number[] = [];
    const provider = withRateLimit(aPacedProvider(requests, clock), new RateLimiter(clock, 1000));

    const done = Promise.all([provider.checkLaunch(ticket, checkCtx), provider.checkLaunch(ticket, checkCtx)]);
    await clock.advance(3000);
    await done;

    expect(requests).toEqual([0, 1000, 2000, 3000]);
  });

  it('takes no turn for a call that makes no request', async () => {
    const clock = new FakeClock();
    const provider = withRateLimit(aPacedProvider([], clock), new RateLimiter(clock, 1000));

    await provider.terminate('a', ctx);
    await provider.terminate('a', ctx);

    expect(clock.monotonicMs()).toBe(0);
  });

  it('can hold the requests of all calls off', async () => {
    const clock = new FakeClock();
    const requests: number[] = [];
    const terminate: Provider['terminate'] = async (_id, { pace }) => pace?.holdOff(5000);
    const provider = withRateLimit(aPacedProvider(requests, clock, { terminate }), new RateLimiter(clock, 0));

    await provider.terminate('a', ctx);
    const done = provider.checkLaunch(ticket, checkCtx);
    await clock.advance(5000);
    await done;

    expect(requests).toEqual([5000, 5000]);
  });

  it('is not charged for the wait by its deadline', async () => {
    const clock = new FakeClock();
    const requests: number[] = [];
    const timed = withDeadline(aPacedProvider(requests, clock), { clock, timeoutMs: () => 100 });
    const provider = withRateLimit(timed, new RateLimiter(clock, 10_000));

    const done = provider.checkLaunch(ticket, checkCtx);
    await clock.advance(10_000);

    await expect(done).resolves.toEqual({ state: 'pending' });
  });

  it('is still ended when a request hangs after its turn', async () => {
    const clock = new FakeClock();
    const terminate: Provider['terminate'] = async (_id, { pace }) => {
      await pace?.turn();
      await pace?.turn();
      await new Promise(() => undefined);
    };
    const timed = withDeadline(aPacedProvider([], clock, { terminate }), { clock, timeoutMs: () => 100 });
    const provider = withRateLimit(timed, new RateLimiter(clock, 10_000));

    const done = expect(provider.terminate('a', ctx)).rejects.toMatchObject({ code: 'transient' });
    await clock.advance(10_099);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);

    await done;
    expect(clock.sleeping).toBe(0);
  });

  it('leaves no timer behind when the caller aborts while it waits', async () => {
    const clock = new FakeClock();
    const caller = new AbortController();
    const timed = withDeadline(aPacedProvider([], clock), { clock, timeoutMs: () => 100 });
    const provider = withRateLimit(timed, new RateLimiter(clock, 10_000));

    const done = expect(provider.checkLaunch(ticket, { ...checkCtx, signal: caller.signal })).rejects.toThrow('stop');
    await clock.advance(1);
    caller.abort(new Error('stop'));
    await done;
    await clock.advance(0);

    expect(clock.sleeping).toBe(0);
  });

  it('is measured without the wait', async () => {
    const clock = new FakeClock();
    const seconds: number[] = [];
    const metrics = { ...noMetrics, histogram: () => ({ observe: (value: number) => void seconds.push(value) }) };
    const measured = withMetrics(aPacedProvider([], clock), { name: 'p', clock, metrics });
    const provider = withRateLimit(measured, new RateLimiter(clock, 1000));

    const done = provider.checkLaunch(ticket, checkCtx);
    await clock.advance(1000);
    await done;

    expect(seconds).toEqual([0]);
  });
});

describe('an error that the driver has repeated as often as is useful', () => {
  it('is not repeated again', async () => {
    let calls = 0;
    const terminate: Provider['terminate'] = async () => {
      calls += 1;
      throw new ProviderError('transient', 'cut', { repeated: true });
    };
    const clock = new FakeClock();
    const provider = withRetry(aPacedProvider([], clock, { terminate }), { clock, random: seededRandom(1) });

    await expect(provider.terminate('a', ctx)).rejects.toMatchObject({ code: 'transient' });

    expect(calls).toBe(1);
  });
});
