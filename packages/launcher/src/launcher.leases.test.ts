import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { World } from './testing/world.js';

const ci = { name: 'ci', isAdmin: false };
const wish = { labels: ['small', 'large'], ttlSec: 60 };

describe('a lease', () => {
  it('gets machines of the cloud, and they are deleted when it is given back', async () => {
    await using world = new World();
    const { leases } = await world.launcher();

    const { id } = await leases.ask(ci, wish);
    await settle();
    const lease = await leases.get(ci, id);
    const machines = await leases.machines(lease);
    expect(lease).toMatchObject({ state: 'active' });
    expect(machines.map(({ label, node }) => [label, node.interfaceIp])).toEqual([
      ['small', 'fake'],
      ['large', 'fake'],
    ]);

    await leases.release(ci, id);
    await world.clock.advance(5_000);

    expect(await world.nodes()).toEqual([]);
    expect(await world.cloud.instances()).toEqual([]);
  });

  it('that nobody uses any more costs nothing after its time', async () => {
    await using world = new World();
    const { leases } = await world.launcher();
    await leases.ask(ci, wish);
    await world.clock.advance(59_000);
    expect(await world.cloud.instances()).toHaveLength(2);

    await world.clock.advance(10_000);

    expect(await world.cloud.instances()).toEqual([]);
    expect([...(await world.store.requests.list()).requests]).toEqual([]);
  });

  it('goes on with another launcher when the first dies while its machines are launched', async () => {
    await using world = new World();
    const first = await world.launcher(undefined, { host: 'launcher-1' });
    const release = world.cloud.hold('checkLaunch');
    const { id } = await first.leases.ask(ci, wish);
    await world.clock.advance(1_000);
    const second = await world.launcher(undefined, { host: 'launcher-2' });
    await first.kill();
    release();

    for (let seconds = 0; seconds < 50; seconds += 10) {
      await second.leases.extend(ci, id);
      await world.clock.advance(10_000);
    }

    expect(await second.leases.get(ci, id)).toMatchObject({ state: 'active' });
    expect((await world.nodes()).filter(({ state }) => state === 'hold')).toHaveLength(2);
  });

  it('leaves machines that were ready before it is given them to others', async () => {
    await using world = new World();
    const { leases } = await world.launcher();
    const release = world.cloud.hold('checkLaunch');
    const { id } = await leases.ask(ci, wish);
    await settle();
    await leases.release(ci, id);
    release();

    await world.clock.advance(5_000);

    expect((await world.nodes()).map(({ state, allocatedTo }) => [state, allocatedTo])).toEqual([
      ['ready', null],
      ['ready', null],
    ]);
  });
});
