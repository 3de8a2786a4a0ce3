import { noMetrics } from '@nodepool/runtime';
import type { CacheBacklog, StoreSession } from '@nodepool/store';
import { describe, expect, it } from 'vitest';
import { Queues } from './queues.js';

const session: StoreSession = {
  waiting: 4,
  state: 'connected',
  onState: () => ({ [Symbol.dispose]: () => undefined }),
  connected: () => Promise.resolve(),
};

describe('the queues of a launcher', () => {
  it('are measured every ten seconds, by cache', async () => {
    const told: string[] = [];
    const metrics = {
      ...noMetrics,
      gauge: ({ name }: { readonly name: string }) => ({
        ...noMetrics.gauge({ name, help: '' }),
        set: (value: number, { cache = '' } = {}) => void told.push(`${name} ${cache} ${value}`),
      }),
    };
    const backlogs: readonly CacheBacklog[] = [
      { cache: 'node', waiting: 2, asked: 1 },
      { cache: 'component', waiting: 9, asked: 9 },
    ];
    const queues = new Queues({ store: { session }, caches: { backlogs: () => backlogs }, metrics });

    const { actions, recheckAfterMs } = queues.decide(queues.observe());
    for (const sizes of actions) await queues.execute(sizes);

    expect(recheckAfterMs).toBe(10_000);
    expect(told).toEqual([
      'zookeeper_requests_waiting  4',
      'cache_events_waiting node 2',
      'cache_playback_waiting node 1',
    ]);
  });
});
