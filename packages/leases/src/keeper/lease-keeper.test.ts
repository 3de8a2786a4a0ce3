import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { leaseComment } from '../machines.js';
import type { LeaseService } from '../service/lease-service.js';
import { ci, LeaseWorld } from '../testing/lease-world.js';
import { rememberedMs, unnamedGraceMs } from './decide.js';

const wish = { labels: ['small', 'large'], ttlSec: 60 };

async function activeLease(world: LeaseWorld, service: LeaseService) {
  const asked = await service.ask(ci, wish);
  const nodes = await world.fulfil(asked.requestId ?? '');
  const lease = await world.lease(asked.id);
  if (lease === undefined) throw new Error('the lease is gone');
  return { lease, nodes };
}

describe('a lease', () => {
  it('gets its machines held until it ends, and needs its request no more', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();

    const { lease, nodes } = await activeLease(world, service);

    expect(lease).toMatchObject({ state: 'active', nodes });
    expect(await world.requests()).toEqual([]);
    const held = { state: 'hold', holdExpirationSec: 60, comment: leaseComment(lease), allocatedTo: lease.requestId };
    expect(await world.nodes()).toMatchObject([held, held]);
  });

  it('counts down from the last sign of life, not from the moment its machines are ready', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const asked = await service.ask(ci, wish);
    await world.clock.advance(45_000);

    await world.fulfil(asked.requestId ?? '');

    expect((await world.nodes()).map(({ holdExpirationSec }) => holdExpirationSec)).toEqual([15, 15]);
  });

  it.each(['waiting', 'active'])(
    'that is %s expires when nobody is heard of, and everything goes back',
    async (state) => {
      await using world = new LeaseWorld();
      await world.pool();
      const { service } = await world.keeper();
      const asked = await service.ask(ci, wish);
      if (state === 'active') await world.fulfil(asked.requestId ?? '');
      await world.clock.advance(59_000);
      expect(await world.lease(asked.id)).toMatchObject({ state });

      await world.clock.advance(1_000);

      expect(await world.lease(asked.id)).toMatchObject({ state: 'expired', outcome: 'expired' });
      expect(await world.requests()).toEqual([]);
      expect((await world.nodes()).map((node) => node.state)).toEqual(state === 'active' ? ['used', 'used'] : []);
    },
  );

  it('lives as long as somebody says so', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const { lease } = await activeLease(world, service);
    for (let beat = 0; beat < 5; beat += 1) {
      await world.clock.advance(50_000);
      await service.extend(ci, lease.id);
    }

    expect(await world.lease(lease.id)).toMatchObject({ state: 'active' });
    const stateTimeSec = world.clock.now() / 1000;
    expect(await world.nodes()).toMatchObject(
      wish.labels.map(() => ({ state: 'hold', holdExpirationSec: 60, stateTimeSec })),
    );
  });

  it('that is given back while it waits takes its request along', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const asked = await service.ask(ci, wish);

    await service.release(ci, asked.id);
    await settle();

    expect(await world.lease(asked.id)).toMatchObject({ state: 'released', nodes: [] });
    expect(await world.requests()).toEqual([]);
  });

  it('fails when every pool has declined', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const asked = await service.ask(ci, wish);

    await world.fail(asked.requestId ?? '');

    expect(await world.lease(asked.id)).toMatchObject({
      state: 'failed',
      reason: 'every pool has declined the node request',
    });
    expect(await world.requests()).toEqual([]);
  });

  it('fails when its request is removed by somebody else', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const asked = await service.ask(ci, wish);

    await world.store.requests.remove(asked.requestId ?? '');
    await settle();

    expect(await world.lease(asked.id)).toMatchObject({ state: 'failed' });
  });

  it('fails when a machine is deleted under it, and gives the others back', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const { lease, nodes } = await activeLease(world, service);

    const held = await world.store.nodes.lock(nodes[0] ?? '');
    await held?.updateAndRelease({ state: 'deleting' });
    await settle();

    expect(await world.lease(lease.id)).toMatchObject({
      state: 'failed',
      reason: `machine ${nodes[0]} was taken away by somebody else`,
    });
    expect((await world.nodes()).map((node) => node.state)).toEqual(['deleting', 'used']);
  });

  it('leaves a machine alone that an operator holds for himself', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const { lease, nodes } = await activeLease(world, service);
    const held = await world.store.nodes.lock(nodes[0] ?? '');
    await held?.updateAndRelease({ state: 'hold', comment: 'ada looks at it', holdExpirationSec: 86_400 });
    await settle();

    await service.extend(ci, lease.id);
    await service.release(ci, lease.id);
    await settle();

    expect(await world.nodes()).toMatchObject([{ state: 'hold', holdExpirationSec: 86_400 }, { state: 'used' }]);
    expect(await world.lease(lease.id)).toMatchObject({ state: 'released' });
  });

  it('is remembered for an hour and then forgotten', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const asked = await service.ask(ci, wish);
    await service.release(ci, asked.id);
    await settle();

    await world.clock.advance(rememberedMs - 1);
    expect(await world.lease(asked.id)).toMatchObject({ state: 'released' });
    await world.clock.advance(1);

    expect(await world.lease(asked.id)).toBeUndefined();
  });
});

describe('after the death of a launcher', () => {
  it('another hands out machines that were ready in the meantime', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const first = await world.keeper();
    const second = await world.keeper(1_000);
    const asked = await first.service.ask(ci, wish);
    await first.kill();

    await world.fulfil(asked.requestId ?? '');
    await world.clock.advance(1_000);

    expect(await second.service.get(ci, asked.id)).toMatchObject({ state: 'active' });
  });

  it('another hands out the rest when only some machines were held', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const first = await world.keeper(60_000);
    const asked = await first.service.ask(ci, wish);
    const nodes = await world.fulfil(asked.requestId ?? '');
    const held = await first.store.nodes.lock(nodes[1] ?? '');
    await held?.updateAndRelease({ state: 'hold', holdExpirationSec: 60, comment: leaseComment(asked) });
    await first.kill();

    await world.keeper();
    await settle();

    expect(await world.lease(asked.id)).toMatchObject({ state: 'active', nodes });
    expect((await world.nodes()).map((node) => node.state)).toEqual(['hold', 'hold']);
  });

  it('a lease finds its request again although nobody has noted which it is', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const first = await world.keeper(60_000);
    const asked = await first.service.ask(ci, wish);
    const seen = await world.store.leases.get(asked.id);
    if (seen !== undefined) await world.store.leases.update(seen, { requestId: null });
    await first.kill();
    await world.keeper();

    await world.clock.advance(unnamedGraceMs);
    await world.fulfil(asked.requestId ?? '');

    expect(await world.lease(asked.id)).toMatchObject({ state: 'active', requestId: asked.requestId });
  });

  it('what was being given back is given back by another', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const first = await world.keeper();
    const { lease } = await activeLease(world, first.service);
    await first.kill();
    const seen = await world.store.leases.get(lease.id);
    if (seen !== undefined) await world.store.leases.update(seen, { state: 'releasing', outcome: 'released' });

    await world.keeper();
    await settle();

    expect(await world.lease(lease.id)).toMatchObject({ state: 'released' });
    expect((await world.nodes()).map((node) => node.state)).toEqual(['used', 'used']);
  });

  it('machines that it held after their lease was over go back', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const first = await world.keeper(60_000);
    const asked = await first.service.ask(ci, wish);
    const nodes = await world.fulfil(asked.requestId ?? '');
    const second = await world.keeper();
    await second.service.release(ci, asked.id);
    await settle();

    const late = await first.store.nodes.lock(nodes[0] ?? '');
    await late?.updateAndRelease({ state: 'hold', holdExpirationSec: 60, comment: leaseComment(asked) });
    await settle();

    expect((await world.nodes())[0]).toMatchObject({ state: 'used' });
  });

  it('a request is removed whose lease somebody has removed by hand', async () => {
    await using world = new LeaseWorld();
    await world.pool();
    const { service } = await world.keeper();
    const asked = await service.ask(ci, wish);
    const seen = await world.store.leases.get(asked.id);
    if (seen !== undefined) await world.store.leases.remove(seen);

    await world.clock.advance(20_000);

    expect(await world.requests()).toEqual([]);
  });
});
