import { ProviderError } from '@nodepool/driver-api';
import { minReadyRequestor } from '@nodepool/model';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

async function states(world: World, ids: readonly string[]): Promise<readonly (string | undefined)[]> {
  return Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
}

describe('the limits of a tenant', () => {
  const limits = { tenantLimits: { acme: { instances: 1 } } };

  it('keep requests open without declining them, over all providers', async () => {
    await using world = new World();
    const providers = [aProvider(), aProvider({ name: 'cloud-b' })];
    await world.launcher(aConfig({ ...limits, providers }));
    const first = await world.request({ tenantName: 'acme', provider: 'cloud-a' });
    await settle();

    const second = await world.request({ tenantName: 'acme', provider: 'cloud-b' });
    await world.clock.advance(5_000);

    expect((await world.requestNow(first))?.state).toBe('fulfilled');
    expect(await world.requestNow(second)).toMatchObject({ state: 'requested', declinedBy: [] });
  });

  it('do not count the standing stock until somebody of theirs has it', async () => {
    await using world = new World();
    await world.launcher(aConfig({ ...limits, labels: [{ name: 'small', minReady: 3 }, { name: 'large' }] }));
    await world.clock.advance(1_000);

    const ids = [await world.request({ tenantName: 'acme' }), await world.request({ tenantName: 'acme' })];
    await world.clock.advance(1_000);

    expect([...(await states(world, ids))].sort()).toEqual(['fulfilled', 'requested']);
    expect((await world.nodes()).filter(({ tenantName }) => tenantName === 'acme')).toHaveLength(1);
  });

  it('are looked at again when a request that has waited for room goes on', async () => {
    await using world = new World();
    const labels = [aLabel('small'), aLabel('large', { 'cloud-image': 'debian' })];
    const providers = [
      aProvider({ pools: [aPool({ 'max-servers': 2, labels: [aLabel('small')] })] }),
      aProvider({ name: 'cloud-b', pools: [aPool({ labels })] }),
    ];
    await world.launcher(aConfig({ tenantLimits: { acme: { instances: 2 } }, providers }));
    const others = await world.settled(await world.request({ provider: 'cloud-a' }));
    const patient = await world.request({ tenantName: 'acme', provider: 'cloud-a', nodeTypes: ['small', 'small'] });
    await world.clock.advance(1_000);

    const quick = await world.request({ tenantName: 'acme', provider: 'cloud-b', nodeTypes: ['large'] });
    await world.clock.advance(1_000);
    const [held] = await world.take(others?.id ?? '');
    await held?.updateAndRelease({ state: 'used' });
    await world.clock.advance(5_000);

    expect((await world.requestNow(quick))?.state).toBe('fulfilled');
    expect(await world.requestNow(patient)).toMatchObject({ state: 'requested', declinedBy: [] });
    expect((await world.nodes()).filter(({ tenantName }) => tenantName === 'acme')).toHaveLength(1);
  });

  it('do not count a node that its request has given back', async () => {
    await using world = new World();
    await world.launcher(aConfig(limits));
    const open = world.cloud.hold('checkLaunch');
    const cancelled = await world.request({ tenantName: 'acme', nodeTypes: ['large'] });
    await settle();
    await world.store.requests.remove(cancelled);
    open();
    await world.clock.advance(1_000);

    const request = await world.settled(await world.request({ tenantName: 'acme' }));

    expect(request?.state).toBe('fulfilled');
    expect((await world.nodes()).map(({ type, tenantName }) => [type[0], tenantName])).toEqual([
      ['large', null],
      ['small', 'acme'],
    ]);
  });

  it('do not count an idle node that another program has left in the name of the tenant', async () => {
    await using world = new World();
    await world.launcher(aConfig(limits));
    const stock = await world.settled(await world.request({ nodeTypes: ['large'] }));
    await world.store.requests.remove(stock?.id ?? '');
    await settle();
    const held = await world.store.nodes.lock(stock?.nodes[0] ?? '');
    await held?.updateAndRelease({ tenantName: 'acme', allocatedTo: null });
    await world.clock.advance(1_000);

    const request = await world.settled(await world.request({ tenantName: 'acme' }));

    expect(request?.state).toBe('fulfilled');
  });

  it('let the next request have what a request that was cancelled will not need', async () => {
    await using world = new World();
    await world.launcher(aConfig(limits));
    world.cloud.failNext(
      'launch',
      new ProviderError('launch-failed', 'no'),
      new ProviderError('launch-failed', 'no'),
      new ProviderError('launch-failed', 'no'),
    );
    const failing = await world.request({ tenantName: 'acme' });

    const next = await world.request({ tenantName: 'acme' });
    await world.clock.advance(10_000);

    expect((await world.requestNow(failing))?.state).toBe('failed');
    expect((await world.requestNow(next))?.state).toBe('fulfilled');
  });

  it('leave the standing stock alone when they are reached', async () => {
    await using world = new World();
    const id = await world.request({ tenantName: 'acme' });
    await world.launcher(aConfig({ ...limits, labels: [{ name: 'small', minReady: 2 }, { name: 'large' }] }));
    await world.clock.advance(2_000);

    const stock = (await world.nodes()).filter(({ requestor }) => requestor === minReadyRequestor);
    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(stock.filter(({ allocatedTo }) => allocatedTo === null).length).toBeGreaterThanOrEqual(2);
  });

  it('are kept by requests that are taken at the same time', async () => {
    await using world = new World();
    await world.launcher(aConfig({ tenantLimits: { acme: { instances: 2 } } }));

    const ids = await Promise.all(Array.from({ length: 4 }, () => world.request({ tenantName: 'acme' })));
    await settle();
    const states = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state));
    expect(states.sort()).toEqual(['fulfilled', 'fulfilled', 'requested', 'requested']);

    const done = (await Promise.all(ids.map((id) => world.requestNow(id)))).find((each) => each?.state === 'fulfilled');
    const [held] = await world.take(done?.id ?? '');
    await held?.updateAndRelease({ state: 'used' });
    await world.clock.advance(5_000);

    const after = await Promise.all(ids.map(async (id) => (await world.requestNow(id))?.state ?? 'taken'));
    expect(after.sort()).toEqual(['fulfilled', 'fulfilled', 'requested', 'taken']);
  });
});
