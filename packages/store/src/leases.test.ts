import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { checkRecord } from './check-record.js';
import type { NewLease } from './leases.js';
import { openMemoryStore } from './memory/index.js';
import { newRequest } from './testing/store-under-test.js';
import type { Store } from './types.js';

const wish: NewLease = {
  id: 'lease-1',
  owner: 'ci',
  labels: ['small'],
  provider: null,
  comment: null,
  ttlSec: 60,
  fingerprint: 'f',
  nonce: 'n',
};

const create = (store: Store, lease: Partial<NewLease> = {}) =>
  store.leases.create({ ...wish, ...lease }, newRequest({ requestor: 'lease:ci' }), { priority: '100' });

describe('leases', () => {
  it.each([
    ['no state', {}],
    ['field "owner" is not text', { state: 'waiting', created_time: 1 }],
  ])('are no records with %s', (reason, data) => {
    expect(checkRecord('/nodepool/leases/l1', Buffer.from(JSON.stringify(data)))).toBe(reason);
  });

  it('stores a lease and its node request, each of which leads to the other', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock(5_000) });

    const stored = await create(store);

    const { requests } = await store.requests.list();
    expect(requests.map(({ record }) => record.requestorData)).toEqual([{ lease: 'lease-1' }]);
    expect(stored?.record).toMatchObject({
      state: 'waiting',
      createdTimeSec: 5,
      expiresSec: 65,
      requestId: requests[0]?.record.id,
    });
  });

  it('makes one lease and one request of many calls with one id', async () => {
    const { store, ensemble } = openMemoryStore({ clock: new FakeClock() });
    const other = openMemoryStore({ clock: new FakeClock(), ensemble });

    const made = await Promise.all(
      [store, other.store, store, other.store, store].map((each, index) => create(each, { nonce: `${index}` })),
    );

    expect(made.filter((lease) => lease !== undefined)).toHaveLength(1);
    expect((await store.requests.list()).requests).toHaveLength(1);
  });

  it('makes one lease when the answer to its creation is lost', async () => {
    const { store, zk } = openMemoryStore({ clock: new FakeClock() });
    await create(store, { id: 'before', nonce: 'other' });
    zk.failNext('multi', 'after');

    const stored = await create(store);

    expect(stored?.record).toMatchObject({ id: 'lease-1', nonce: 'n' });
    expect((await store.requests.list()).requests).toHaveLength(2);
  });

  it('refuses a change to what was changed meanwhile, and to what is gone', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock() });
    const stored = await create(store);
    if (stored === undefined) throw new Error('not created');
    const changed = await store.leases.update(stored, { expiresSec: 9 });

    await expect(store.leases.update(stored, { state: 'active' })).rejects.toMatchObject({ code: 'NP_CONFLICT' });
    await store.leases.remove(stored);
    expect(await store.leases.get('lease-1')).toMatchObject({ version: changed.version });

    await store.leases.remove(changed);
    await expect(store.leases.update(changed, { state: 'active' })).rejects.toMatchObject({ code: 'NP_RECORD_GONE' });
  });

  it('keeps leases in memory by id, owner and request, own writes at once', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock() });
    await using cache = await store.leases.watch();
    const seen: (string | undefined)[] = [];
    using _listening = cache.onChange(({ after }) => seen.push(after?.record.state));

    const stored = await create(store);
    if (stored === undefined) throw new Error('not created');
    const active = await store.leases.update(stored, { state: 'active', nodes: ['0000000001'] });

    expect(cache.get('lease-1')?.record).toEqual(active.record);
    expect([...cache.ofOwner('ci')].map(({ record }) => record.id)).toEqual(['lease-1']);
    expect(cache.ofRequest(active.record.requestId ?? '')?.record.id).toBe('lease-1');
    await store.leases.remove(active);
    expect([...cache.all(), ...cache.ofOwner('ci')]).toEqual([]);
    expect(seen).toEqual(['waiting', 'waiting', 'active', undefined]);
  });
});
