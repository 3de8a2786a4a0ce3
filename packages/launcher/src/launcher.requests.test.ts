import { ProviderError } from '@nodepool/driver-api';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig, aLabel, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

const failure = (code: ConstructorParameters<typeof ProviderError>[0]) =>
  new ProviderError(code, `made to fail: ${code}`);

describe('a request', () => {
  it('is fulfilled with a new node, unlocked and promised to it', async () => {
    await using world = new World();
    await world.launcher();

    const id = await world.request();
    const request = await world.settled(id);

    const [node] = await world.nodes();
    expect(request).toMatchObject({ state: 'fulfilled', nodes: [node?.id] });
    expect(node).toMatchObject({
      state: 'ready',
      allocatedTo: id,
      type: ['small'],
      provider: 'cloud-a',
      pool: 'main',
      interfaceIp: 'fake',
      connectionType: 'ssh',
      connectionPort: 22,
      resources: { instances: 1 },
      imageId: 'debian',
    });
    const taken = await world.take(id);
    expect(taken).toHaveLength(1);
  });

  it('gets its nodes in the order of its labels, duplicates included', async () => {
    await using world = new World();
    await world.launcher();

    const id = await world.request({ nodeTypes: ['large', 'small', 'large'] });
    const request = await world.settled(id);

    const types = await Promise.all((request?.nodes ?? []).map(async (node) => (await world.node(node))?.type[0]));
    expect(types).toEqual(['large', 'small', 'large']);
    expect(new Set(request?.nodes).size).toBe(3);
  });

  it('is given the nodes that are ready before new ones are launched', async () => {
    await using world = new World();
    await world.launcher();
    const first = await world.request();
    await settle();
    await world.store.requests.remove(first);
    await settle();

    const id = await world.request({ nodeTypes: ['small', 'small'], tenantName: 'acme' });
    const request = await world.settled(id);

    expect(request?.nodes).toEqual(['0000000000', '0000000001']);
    expect(await world.node('0000000000')).toMatchObject({ allocatedTo: id, tenantName: 'acme' });
  });

  it('is given a node with several labels for any of them', async () => {
    await using world = new World();
    await world.launcher();
    const first = await world.request();
    await settle();
    const [held] = await world.take(first);
    await held?.updateAndRelease({ state: 'ready', allocatedTo: null, type: ['other', 'large'] });
    await settle();

    const request = await world.settled(await world.request({ nodeTypes: ['large'] }));

    expect(request?.nodes).toEqual([held?.id]);
  });

  it('is not given a held node', async () => {
    await using world = new World();
    await world.launcher();
    const first = await world.request();
    await settle();
    const [held] = await world.take(first);
    await held?.updateAndRelease({ state: 'hold', allocatedTo: null });

    const request = await world.settled(await world.request());

    expect(request?.nodes).toEqual(['0000000001']);
  });

  it('is launched for when it wants new nodes', async () => {
    await using world = new World();
    await world.launcher();
    await world.store.requests.remove(await settledId(world));
    await settle();

    const request = await world.settled(await world.request({ reuse: false }));

    expect(request?.nodes).toEqual(['0000000001']);
  });

  it('that is cancelled while its nodes are building leaves them to the pool', async () => {
    await using world = new World();
    await world.launcher();
    const release = world.cloud.hold('checkLaunch');
    const id = await world.request({ nodeTypes: ['small', 'large'] });
    await settle();

    await world.store.requests.remove(id);
    await settle();
    release();
    await settle();

    const nodes = await world.nodes();
    expect(nodes.map(({ state, allocatedTo }) => [state, allocatedTo])).toEqual([
      ['ready', null],
      ['ready', null],
    ]);
    const next = await world.settled(await world.request());
    expect(next?.nodes).toEqual([nodes[0]?.id]);
  });

  it('with a label that nobody has fails once every pool has declined it', async () => {
    await using world = new World();
    const config = aConfig({ providers: [aProvider(), aProvider({ name: 'cloud-b' })] });
    const launcher = await world.launcher(config);

    const request = await world.settled(await world.request({ nodeTypes: ['huge'] }));

    const pools = launcher.state().pools.map(({ id }) => id);
    expect(request?.state).toBe('failed');
    expect([...(request?.declinedBy ?? [])].sort()).toEqual([...pools].sort());
  });

  it('that a launch failed for is declined, and its good nodes go back to the pool at once', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ 'launch-retries': 1 })] }));
    world.cloud.failNext('launch', failure('launch-failed'));

    const id = await world.request({ nodeTypes: ['small', 'large'] });
    const request = await world.settled(id);

    expect(request?.state).toBe('failed');
    const ready = (await world.nodes()).filter(({ state }) => state === 'ready');
    expect(ready.map(({ allocatedTo }) => allocatedTo)).toEqual([null]);
  });

  it('goes to another pool after the first has declined it', async () => {
    await using world = new World();
    const providers = [aProvider({ 'launch-retries': 1, priority: 1 }), aProvider({ name: 'cloud-b' })];
    await world.launcher(aConfig({ providers }));
    world.cloud.failNext('launch', failure('launch-failed'));

    const id = await world.request();
    const request = await world.settled(id);

    expect(request?.state).toBe('fulfilled');
    expect((await world.node(request?.nodes[0]))?.provider).toBe('cloud-b');
  });

  it('goes to the provider that it prefers', async () => {
    await using world = new World();
    const providers = [aProvider({ priority: 1 }), aProvider({ name: 'cloud-b', priority: 50 })];
    await world.launcher(aConfig({ providers: providers.map((keys) => ({ ...keys, priority: 5 })) }));

    const request = await world.settled(await world.request({ provider: 'cloud-b' }));

    expect((await world.node(request?.nodes[0]))?.provider).toBe('cloud-b');
  });

  it('goes elsewhere when the provider that it prefers does not exist', async () => {
    await using world = new World();
    await world.launcher();

    expect((await world.settled(await world.request({ provider: 'cloud-z' })))?.state).toBe('fulfilled');
  });

  it('goes to the pool of better priority, and elsewhere while that one waits for room', async () => {
    await using world = new World();
    const better = aProvider({ name: 'cloud-b', priority: 1, pools: [aPool({ 'max-servers': 1 })] });
    await world.launcher(aConfig({ providers: [aProvider(), better] }));

    const first = await world.settled(await world.request());
    const second = await world.settled(await world.request());
    const third = await world.settled(await world.request());

    expect((await world.node(first?.nodes[0]))?.provider).toBe('cloud-b');
    expect(second?.state).toBe('pending');
    expect((await world.node(third?.nodes[0]))?.provider).toBe('cloud-a');
  });

  it('is taken by one of two launchers', async () => {
    await using world = new World();
    await world.launcher(aConfig(), { host: 'launcher-1' });
    await world.launcher(aConfig(), { host: 'launcher-2' });

    const ids = await Promise.all(Array.from({ length: 20 }, () => world.request()));
    await settle(30);

    const requests = await Promise.all(ids.map((id) => world.requestNow(id)));
    expect(requests.map((request) => request?.state)).toEqual(ids.map(() => 'fulfilled'));
    expect(new Set(requests.flatMap((request) => request?.nodes ?? [])).size).toBe(20);
    expect(await world.nodes()).toHaveLength(20);
  });

  it('whose lock Zuul holds to revise its priority is taken afterwards', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ 'max-concurrency': 0 })] }));
    const id = await world.request();
    const held = await world.store.requests.lock(id);
    launcher.reload(aConfig());
    await settle();
    expect((await world.requestNow(id))?.state).toBe('requested');

    await held?.release();
    await world.clock.advance(1_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
  });

  it('of the highest priority is served first', async () => {
    await using world = new World();
    const config = aConfig({ providers: [aProvider({ 'max-concurrency': 1 })] });
    await world.launcher(config);
    const release = world.cloud.hold('launch');
    await world.request();
    await settle();
    await world.request({ priority: '300' });
    await world.request({ priority: '200', relativePriority: 5 });
    const urgent = await world.request({ priority: '200', relativePriority: 1 });
    await settle();

    release();
    await settle(30);

    const order = (await world.nodes()).map(({ allocatedTo }) => allocatedTo);
    expect(order[1]).toBe(urgent);
    expect(order.map((id) => id?.slice(0, 3))).toEqual(['100', '200', '200', '300']);
  });

  it('is neither taken nor declined while max-concurrency is 0', async () => {
    await using world = new World();
    await world.launcher(aConfig({ providers: [aProvider({ 'max-concurrency': 0 })] }));

    const request = await world.settled(await world.request({ nodeTypes: ['huge'] }));

    expect(request).toMatchObject({ state: 'requested', declinedBy: [] });
  });

  it('has the format strings of its label filled in on the instance', async () => {
    await using world = new World();
    const labels = [aLabel('small', { 'dynamic-instance-properties': { who: '{request.tenant_name}' } })];
    await world.launcher(aConfig({ providers: [aProvider({ pools: [aPool({ labels })] })] }));

    await world.settled(await world.request({ tenantName: 'acme' }));

    expect((await world.cloud.instances())[0]?.tags).toMatchObject({
      who: 'acme',
      nodepool_node_id: '0000000000',
      nodepool_pool_name: 'main',
      nodepool_provider_name: 'cloud-a',
    });
  });
});

async function settledId(world: World): Promise<string> {
  const id = await world.request();
  await settle();
  return id;
}
