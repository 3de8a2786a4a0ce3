import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { admin, ci, LeaseWorld } from '../testing/lease-world.js';

const wish = { labels: ['small'], ttlSec: 60 };

describe('asking for a lease', () => {
  it('five times at once with one key, of several launchers, is one lease', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const keepers = [await world.keeper(), await world.keeper(1_000)];

    const asked = await Promise.all([0, 1, 0, 1, 0].map((index) => keepers[index]?.service.ask(ci, wish, 'job-1')));

    expect(new Set(asked.map((lease) => lease?.id)).size).toBe(1);
    expect(await world.requests()).toHaveLength(1);
  });

  it('with the key of another owner is another lease', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();

    const mine = await service.ask(ci, wish, 'job-1');
    const other = await service.ask({ ...ci, name: 'other' }, wish, 'job-1');

    expect(mine.id).not.toBe(other.id);
  });

  it('cannot get more time than nodes may be held', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper(0, { maxHoldAgeSec: 30 });

    expect(await service.ask(ci, wish)).toMatchObject({ ttlSec: 30 });
  });

  it('is possible again after as much was given back', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const limited = { ...ci, maxLeases: 1 };
    const first = await service.ask(limited, wish);
    await expect(service.ask(limited, wish)).rejects.toMatchObject({ code: 'NP_LEASE_LIMIT' });

    await service.release(limited, first.id);
    await settle();

    expect(await service.ask(limited, wish)).toMatchObject({ state: 'waiting' });
  });

  it('that fails leaves the room that it would have taken', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service, zk } = await world.keeper();
    const limited = { ...ci, maxLeases: 1 };
    zk.suspend();
    const failing = service.ask(limited, wish).catch(() => 'failed');
    await zk.close();
    expect(await failing).toBe('failed');

    const next = await world.keeper();
    expect(await next.service.ask(limited, wish)).toMatchObject({ state: 'waiting' });
  });
});

describe('a sign of life', () => {
  it('waits for who has locked a machine, and is refused when that takes too long', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const { id, requestId } = await service.ask(ci, { ...wish, ttlSec: 3_600 });
    const [machine] = await world.fulfil(requestId ?? '');
    const other = await world.store.nodes.lock(machine ?? '');

    const outcome = service.extend(ci, id).catch((error: { code?: string }) => error.code);
    await world.clock.advance(60_000);

    expect(await outcome).toBe('NP_LEASE_BUSY');
    await other?.release();
    expect(await service.extend(ci, id)).toMatchObject({ state: 'active' });
  });

  it('after the end is refused, although nobody has noted the end yet', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper(30_000);
    const { id } = await service.ask(ci, wish);
    await world.clock.advance(60_000);

    await expect(service.extend(ci, id)).rejects.toMatchObject({ code: 'NP_LEASE_OVER' });
  });
});

describe('waiting for a lease', () => {
  it('sees what another launcher has handed out', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const [first, second] = [await world.keeper(30_000), await world.keeper()];
    const lease = await first.service.ask(ci, wish);

    const waiting = first.service.wait(ci, lease, { waitMs: 600_000, signal: new AbortController().signal });
    await world.fulfil(lease.requestId ?? '');

    expect(await waiting).toMatchObject({ state: 'active' });
    expect(await second.service.machines(await waiting)).toMatchObject([{ label: 'small' }]);
  });

  it('tells at once when it is given back by somebody else, and by whom', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const lease = await service.ask(ci, wish);

    const waiting = service.wait(ci, lease, { waitMs: 600_000, signal: new AbortController().signal });
    await service.release(admin, lease.id);

    expect(await waiting).toMatchObject({ reason: 'given back by root' });
  });

  it('ends with the caller, and the lease one ttl later', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const lease = await service.ask(ci, wish);
    const caller = new AbortController();
    const waiting = service.wait(ci, lease, { waitMs: 600_000, signal: caller.signal });
    await world.clock.advance(300_000);
    expect(await world.lease(lease.id)).toMatchObject({ state: 'waiting' });

    caller.abort();
    await waiting;
    await world.clock.advance(60_000);

    expect(await world.lease(lease.id)).toMatchObject({ state: 'expired' });
  });
});
