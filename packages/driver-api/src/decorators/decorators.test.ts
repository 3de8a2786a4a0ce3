import { noMetrics, RateLimiter, silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import type { CallContext, LaunchSpec, Provider } from '../driver.js';
import { ProviderError } from '../errors.js';
import { withDeadline } from './deadline.js';
import { interceptProvider, type ProviderMethod } from './intercept.js';
import { withMetrics } from './metrics.js';
import { withRateLimit } from './rate-limit.js';
import { withRetry } from './retry.js';

const never = new AbortController().signal;
const ctx: CallContext = { signal: never, log: silentLogger };
const spec = {} as LaunchSpec;

/** Answers everything at once; override what the test is about. */
function aProvider(overrides: Partial<Provider> = {}): Provider {
  return {
    launch: async () => ({ externalId: 'i-1', data: null }),
    checkLaunch: async () => ({ state: 'pending' }),
    terminate: async () => undefined,
    listInstances: async () => [],
    ...overrides,
  };
}

describe('interception', () => {
  it('leaves absent capabilities absent', () => {
    const wrapped = interceptProvider(aProvider(), (call) => call.run(call.signal));

    expect(Object.keys(wrapped).sort()).toEqual(['checkLaunch', 'launch', 'listInstances', 'terminate']);
  });

  it('asks for the format of images each time, for a driver may learn it late', () => {
    let format = 'qcow2';
    const images = {
      get format() {
        return format;
      },
      vhdSubformat: 'fixed' as const,
      keepsUnknown: true,
      upload: async () => ({ externalId: 'img', externalName: 'n' }),
      remove: async () => undefined,
      list: async () => [],
    };
    const wrapped = interceptProvider(aProvider({ images }), (call) => call.run(call.signal));

    format = 'vhd';

    expect(wrapped.images).toMatchObject({ format: 'vhd', vhdSubformat: 'fixed', keepsUnknown: true });
  });

  it('sees every call and keeps what else stands in the context', async () => {
    const seen: ProviderMethod[] = [];
    const progress: number[] = [];
    const wrapped = interceptProvider(
      aProvider({
        consoleLog: async () => 'text',
        images: {
          format: 'raw',
          upload: async (_spec, { onProgress }) => {
            onProgress?.(7);
            return { externalId: 'img', externalName: 'n' };
          },
          remove: async () => undefined,
          list: async () => [],
        },
        quota: { limits: async () => ({ cores: 1 }), needed: async () => ({ cores: 1 }) },
        leaks: { list: async () => [], remove: async () => undefined },
      }),
      (call) => {
        seen.push(call.method);
        return call.run(call.signal);
      },
    );

    await wrapped.images?.upload({} as never, { ...ctx, onProgress: (bytes) => progress.push(bytes) });
    await wrapped.quota?.limits(ctx);
    await wrapped.leaks?.list(ctx);

    expect(await wrapped.consoleLog?.('i-1', ctx)).toBe('text');
    expect(seen).toEqual(['images.upload', 'quota.limits', 'leaks.list', 'consoleLog']);
    expect(progress).toEqual([7]);
    expect(wrapped.images?.hasCloudImage).toBeUndefined();
  });
});

describe('the deadline of a call', () => {
  it('ends a call whose driver ignores its signal', async () => {
    const clock = new FakeClock();
    const hangs = aProvider({ terminate: () => new Promise(() => undefined) });
    const outcome = withDeadline(hangs, { clock, timeoutMs: () => 2000 })
      .terminate('i-1', ctx)
      .catch((error: unknown) => error);

    await clock.advance(2000);

    expect(await outcome).toMatchObject({ code: 'transient', message: 'terminate: no answer within 2 s' });
  });

  it('ends the wait for a driver that does not let go of its connections', async () => {
    const clock = new FakeClock();
    const hangs = aProvider({ close: () => new Promise(() => undefined) });
    const outcome = withDeadline(hangs, { clock, timeoutMs: () => 2000 })
      .close?.()
      .catch((error: unknown) => error);

    await clock.advance(10_000);

    expect(await outcome).toMatchObject({ code: 'transient', message: 'close: no answer within 10 s' });
  });

  it('tells the driver that the caller has aborted, and why', async () => {
    const clock = new FakeClock();
    const caller = new AbortController();
    let seen: unknown;
    const provider = aProvider({
      launch: (_spec, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            seen = signal.reason;
            reject(signal.reason);
          });
        }),
    });
    const outcome = withDeadline(provider, { clock, timeoutMs: () => 2000 })
      .launch(spec, { ...ctx, signal: caller.signal })
      .catch((error: unknown) => error);

    caller.abort('stopping');

    expect(await outcome).toBe('stopping');
    expect(seen).toBe('stopping');
  });

  it('leaves no timer behind', async () => {
    const clock = new FakeClock();
    const provider = withDeadline(aProvider(), { clock, timeoutMs: () => 2000 });

    await provider.listInstances(ctx);

    expect(clock.sleeping).toBe(0);
  });
});

describe('the rate limit', () => {
  it('spaces calls out but lets checks pass', async () => {
    const clock = new FakeClock();
    const at: string[] = [];
    const note = (what: string): void => void at.push(`${what}@${clock.monotonicMs()}`);
    const provider = withRateLimit(
      aProvider({
        terminate: async () => note('terminate'),
        checkLaunch: async () => {
          note('check');
          return { state: 'pending' };
        },
      }),
      new RateLimiter(clock, 1000),
    );

    const calls = [provider.terminate('a', ctx), provider.terminate('b', ctx), provider.terminate('c', ctx)];
    await settle();
    await provider.checkLaunch({ externalId: 'a', data: null }, { ...ctx, instances: async () => new Map() });
    await clock.advance(2000);
    await Promise.all(calls);

    expect(at).toEqual(['terminate@0', 'check@0', 'terminate@1000', 'terminate@2000']);
  });

  it('rests for as long as the cloud asks', async () => {
    const clock = new FakeClock();
    const limiter = new RateLimiter(clock, 0);
    const provider = withRateLimit(
      aProvider({
        terminate: async () => {
          throw new ProviderError('rate-limited', 'slow down', { retryAfterMs: 7000 });
        },
      }),
      limiter,
    );
    await expect(provider.terminate('a', ctx)).rejects.toMatchObject({ code: 'rate-limited' });
    let listedAt: number | undefined;
    const listing = provider.listInstances(ctx).then(() => {
      listedAt = clock.monotonicMs();
    });

    await clock.advance(7000);
    await listing;

    expect(listedAt).toBe(7000);
  });
});

describe('repetition', () => {
  const failing = (code: 'transient' | 'rate-limited' | 'launch-failed', times: number, retryAfterMs?: number) => {
    let calls = 0;
    const fail = async (): Promise<void> => {
      calls += 1;
      if (calls <= times) {
        throw new ProviderError(code, 'no', retryAfterMs === undefined ? {} : { retryAfterMs });
      }
    };
    return { fail, calls: () => calls };
  };

  it('overcomes errors that pass', async () => {
    const clock = new FakeClock();
    const cloud = failing('transient', 3);
    const provider = withRetry(aProvider({ terminate: cloud.fail }), { clock, random: seededRandom(1) });
    const done = provider.terminate('a', ctx);

    await clock.advance(60_000);
    await done;

    expect(cloud.calls()).toBe(4);
  });

  it('waits at least as long as the cloud asks', async () => {
    const clock = new FakeClock();
    const cloud = failing('rate-limited', 1, 30_000);
    const provider = withRetry(aProvider({ terminate: cloud.fail }), { clock, random: seededRandom(1) });
    const done = provider.terminate('a', ctx);

    await clock.advance(29_999);
    expect(cloud.calls()).toBe(1);
    await clock.advance(1);
    await done;

    expect(cloud.calls()).toBe(2);
  });

  it('is not for errors that stay', async () => {
    const cloud = failing('launch-failed', 9);
    const provider = withRetry(aProvider({ terminate: cloud.fail }), {
      clock: new FakeClock(),
      random: seededRandom(1),
    });

    await expect(provider.terminate('a', ctx)).rejects.toMatchObject({ code: 'launch-failed' });

    expect(cloud.calls()).toBe(1);
  });

  it('is not for launches', async () => {
    const cloud = failing('transient', 9);
    const provider = withRetry(
      aProvider({
        launch: async () => {
          await cloud.fail();
          return { externalId: 'a', data: null };
        },
      }),
      { clock: new FakeClock(), random: seededRandom(1) },
    );

    await expect(provider.launch(spec, ctx)).rejects.toMatchObject({ code: 'transient' });

    expect(cloud.calls()).toBe(1);
  });
});

describe('measurement', () => {
  it('counts calls by their result', async () => {
    const counted: unknown[] = [];
    const metrics = {
      ...noMetrics,
      counter: () => ({ add: (_n: number, labels?: unknown) => void counted.push(labels) }),
    };
    const stopping = new AbortController();
    const provider = withMetrics(
      aProvider({
        terminate: async (id) => {
          if (id === 'gone') throw new ProviderError('not-found', 'gone');
          throw stopping.signal.reason;
        },
      }),
      { name: 'p', clock: new FakeClock(), metrics },
    );

    await provider.listInstances(ctx);
    await provider.terminate('gone', ctx).catch(() => undefined);
    stopping.abort(new Error('stopping'));
    await provider.terminate('x', { ...ctx, signal: stopping.signal }).catch(() => undefined);
    await settle();

    expect(counted).toEqual([
      { provider: 'p', method: 'listInstances', result: 'ok' },
      { provider: 'p', method: 'terminate', result: 'not-found' },
      { provider: 'p', method: 'terminate', result: 'aborted' },
    ]);
  });
});
