import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { recentCallMetrics } from './recent-calls.js';

function measured() {
  const clock = new FakeClock();
  const metrics = recentCallMetrics(clock);
  const describeAs = (name: string) => ({ name, help: name });
  const calls = metrics.counter(describeAs('provider_calls_total'));
  const seconds = metrics.histogram(describeAs('provider_call_seconds'));
  const leaked = metrics.counter(describeAs('provider_leaked_total'));
  const call = (result: string, took: number, provider = 'cloud-a'): void => {
    calls.add(1, { provider, method: 'launch', result });
    seconds.observe(took, { provider, method: 'launch' });
  };
  return { clock, metrics, call, leaked };
}

describe('recent calls', () => {
  it('are summed up by provider, failures by code', async () => {
    const { clock, metrics, call, leaked } = measured();
    call('ok', 1);
    call('quota', 3);
    call('not-found', 2);
    call('ok', 9, 'cloud-b');
    leaked.add(2, { provider: 'cloud-a', kind: 'instance' });

    await clock.advance(10_000);

    expect(metrics.of('cloud-a')).toEqual({
      windowSec: 600,
      count: 3,
      failures: { quota: 1 },
      meanSec: 2,
      longestSec: 3,
      leaked: 2,
    });
    expect(metrics.of('cloud-b')?.count).toBe(1);
    expect(metrics.of('cloud-c')).toBeUndefined();
  });

  it('change every ten seconds at most', async () => {
    const { clock, metrics, call } = measured();
    call('ok', 1);
    await clock.advance(10_000);
    call('ok', 1);
    await clock.advance(9_999);
    expect(metrics.of('cloud-a')?.count).toBe(1);

    await clock.advance(1);

    expect(metrics.of('cloud-a')?.count).toBe(2);
  });

  it('are forgotten after ten minutes, leaks are not', async () => {
    const { clock, metrics, call, leaked } = measured();
    call('transient', 5);
    leaked.add(1, { provider: 'cloud-a', kind: 'instance' });
    await clock.advance(590_000);
    call('ok', 1);
    await clock.advance(20_000);

    expect(metrics.of('cloud-a')).toMatchObject({ count: 1, failures: {}, longestSec: 1, leaked: 1 });
    await clock.advance(600_000);
    expect(metrics.of('cloud-a')).toMatchObject({ count: 0, meanSec: null, longestSec: null });
  });

  it('take no room for other measurements', () => {
    const { metrics } = measured();

    metrics.counter({ name: 'requests_total', help: 'x' }).add(1, { provider: 'cloud-x' });
    metrics.histogram({ name: 'launch_seconds', help: 'x' }).observe(1, { provider: 'cloud-x' });

    expect(metrics.of('cloud-x')).toBeUndefined();
  });
});
