import { FakeClock, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { openMemoryStore } from './memory/index.js';
import { openRequest, rewrite } from './testing/store-under-test.js';

describe('an awaited request', () => {
  it.each(['suspend', 'expire'] as const)('is still heard of when the connection was lost by %s', async (loss) => {
    const clock = new FakeClock();
    const { store, zk, ensemble } = openMemoryStore({ clock });
    const launcher = ensemble.connect();
    const { record } = await openRequest(store);
    const answer = store.requests.untilAnswered(record.id, new AbortController().signal);
    await settle();

    zk[loss]();
    await rewrite(launcher, `/nodepool/requests/${record.id}`, { state: 'failed' });
    if (loss === 'suspend') zk.resume();

    expect((await answer)?.record.state).toBe('failed');
  });
});
