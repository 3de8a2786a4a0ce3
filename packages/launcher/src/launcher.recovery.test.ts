import { aNode } from '@nodepool/model/testing';
import { settle } from '@nodepool/runtime/testing';
import { StoreError } from '@nodepool/store';
import { describe, expect, it } from 'vitest';
import { aConfig, aPool, aProvider } from './testing/a-config.js';
import { World } from './testing/world.js';

describe('after the death of a launcher', () => {
  it('its requests are served by the next, and its half-made nodes are gone within a minute', async () => {
    await using world = new World();
    const first = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 5_000 } })] }));
    const id = await world.request({ nodeTypes: ['small', 'small'] });
    await world.clock.advance(1_000);
    await first.kill();
    expect((await world.requestNow(id))?.state).toBe('pending');

    await world.launcher();
    await world.clock.advance(5_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    await world.clock.advance(55_000);
    const nodes = await world.nodes();
    const instances = await world.cloud.instances();
    expect(nodes.map(({ allocatedTo }) => allocatedTo)).toEqual([id, id]);
    expect(instances.map(({ externalId }) => externalId).sort()).toEqual(
      nodes.map(({ externalId }) => externalId).sort(),
    );
  });

  it('a request that only the dead one had not declined fails', async () => {
    await using world = new World();
    const first = await world.launcher(aConfig({ providers: [aProvider({ 'max-concurrency': 0 })] }));
    await world.launcher(aConfig(), { host: 'launcher-2' });
    const id = await world.request({ nodeTypes: ['huge'] });
    await settle();
    expect((await world.requestNow(id))?.state).toBe('requested');

    await first.kill();
    await settle();

    expect((await world.requestNow(id))?.state).toBe('failed');
  });

  it('instances that never got a record are removed at the second sight', async () => {
    await using world = new World();
    const first = await world.launcher();
    const release = world.cloud.hold('checkLaunch');
    await world.request();
    await settle();
    expect(await world.cloud.instances()).toHaveLength(1);
    await first.kill();
    await world.store.requests.remove('100-0000000000');
    await world.store.nodes.removeUnlocked('0000000000');
    release();

    await world.launcher();
    await world.clock.advance(10_000);
    expect(await world.cloud.instances()).toHaveLength(1);
    await world.clock.advance(15_000);

    expect(await world.cloud.instances()).toEqual([]);
  });

  it('a node that it had not locked yet is removed with the reset of its request', async () => {
    await using world = new World();
    const id = await world.request();
    const held = await world.store.requests.lock(id);
    await held?.updateAndRelease({ state: 'pending' });
    const node = await world.store.nodes.create(aNode({ allocatedTo: id, externalId: null }));
    await node.updateAndRelease({ state: 'init' });

    await world.launcher();
    await world.clock.advance(1_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled', nodes: ['0000000001'] });
    expect((await world.nodes()).map((each) => each.id)).toEqual(['0000000001']);
  });

  it('a launch that had failed is not written again when its request is reset', async () => {
    await using world = new World();
    const id = await world.request();
    const held = await world.store.requests.lock(id);
    await held?.updateAndRelease({ state: 'pending' });
    // Nobody here serves its provider: it is not deleted meanwhile.
    const node = await world.store.nodes.create(aNode({ allocatedTo: id, externalId: null, provider: 'elsewhere' }));
    await node.updateAndRelease({ state: 'aborted' });
    const before = await world.store.nodes.get(node.id);

    await world.launcher();
    await world.clock.advance(1_000);

    expect(await world.requestNow(id)).toMatchObject({ state: 'fulfilled' });
    expect((await world.store.nodes.get(node.id))?.version).toBe(before?.version);
    expect(await world.node(node.id)).toMatchObject({ state: 'aborted', allocatedTo: id });
  });

  it('a node that it had not locked yet is removed when its request is gone', async () => {
    await using world = new World();
    const node = await world.store.nodes.create(aNode({ allocatedTo: '900-0000000009', externalId: null }));
    await node.updateAndRelease({ state: 'init' });
    await world.launcher();

    await world.clock.advance(10_000);
    expect(await world.nodes()).toHaveLength(1);
    await world.clock.advance(15_000);

    expect(await world.nodes()).toEqual([]);
  });

  it('ready nodes that were promised to a request that is gone are usable again', async () => {
    await using world = new World();
    const first = await world.launcher();
    const id = await world.request();
    await settle();
    await first.kill();
    await world.store.requests.remove(id);

    await world.launcher();
    await settle();

    expect(await world.node('0000000000')).toMatchObject({ state: 'ready', allocatedTo: null });
  });

  it('node znodes without data are removed', async () => {
    await using world = new World();
    await world.ensemble.connect().ensurePath('/nodepool/nodes/0000000099');
    const launcher = await world.launcher();

    await world.clock.advance(60_000);

    expect(launcher.log.lines.filter(({ message }) => message === 'removed node without data')).toHaveLength(1);
    expect((await world.store.nodes.list()).unreadable).toEqual([]);
  });

  it('lock directories of requests that are gone are removed soon, those of others never', async () => {
    await using world = new World();
    await world.launcher();
    const ids = [await world.request(), await world.request({ nodeTypes: ['huge'] }), await world.request()];
    await settle();
    const [gone = '', failed = '', kept = ''] = ids;
    await world.store.requests.remove(gone);
    await world.store.requests.remove(failed);
    const zk = world.ensemble.connect();
    await world.clock.advance(29_000);
    const before = (await zk.children('/nodepool/requests-lock')).children;

    await world.clock.advance(40_000);

    expect([...before].sort()).toEqual([...ids].sort());
    expect((await zk.children('/nodepool/requests-lock')).children).toEqual([kept]);
  });

  it('records that nobody can read are left alone', async () => {
    await using world = new World();
    const zk = world.ensemble.connect();
    await zk.ensurePath('/nodepool/nodes');
    await zk.create('/nodepool/nodes/0000000099', Buffer.from('{"state":"melted"}'));
    await world.launcher();

    await world.clock.advance(120_000);

    expect((await zk.get('/nodepool/nodes/0000000099')).data.toString()).toBe('{"state":"melted"}');
  });
});

describe('when the session', () => {
  it('is suspended for a while, nothing is lost', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 2_000 } })] }));
    const ids = await Promise.all([world.request(), world.request({ nodeTypes: ['small', 'large'] })]);
    await settle();

    launcher.zk.suspend();
    await world.clock.advance(5_000);
    const late = await world.request();
    launcher.zk.resume();
    await world.clock.advance(5_000);

    const states = await Promise.all([...ids, late].map(async (id) => (await world.requestNow(id))?.state));
    expect(states).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    expect(await world.nodes()).toHaveLength(4);
  });

  it('fails while the standing stock is settled, that is done as soon as it can be', async () => {
    await using world = new World();
    const labels = [{ name: 'small', minReady: 1 }];
    const providers = [aProvider({ fake: { 'boot-ms': 2_000 } })];
    const { store } = await world.launcher(aConfig({ labels, providers }));
    const remove = store.requests.remove.bind(store.requests);
    let failures = 0;
    store.requests.remove = async (id) => {
      failures += 1;
      if (failures <= 2) throw new StoreError('NP_CONFLICT', 'removing a request');
      await remove(id);
    };

    await world.clock.advance(10_000);

    expect(failures).toBe(3);
    expect(await world.nodes()).toMatchObject([{ state: 'ready', allocatedTo: null }]);
    expect((await world.store.requests.list()).requests).toEqual([]);
  });

  it('is lost, work is dropped and begun anew, and nothing leaks', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 2_000 } })] }));
    const ids = await Promise.all([world.request(), world.request({ nodeTypes: ['small', 'large'] })]);
    await settle();

    launcher.zk.expire();
    await world.clock.advance(60_000);

    const requests = await Promise.all(ids.map((id) => world.requestNow(id)));
    expect(requests.map((request) => request?.state)).toEqual(['fulfilled', 'fulfilled']);
    const nodes = await world.nodes();
    expect(nodes.map(({ id }) => id).sort()).toEqual(requests.flatMap((request) => request?.nodes ?? []).sort());
    expect(await world.cloud.instances()).toHaveLength(3);
    expect(await world.store.components.list('pool')).toHaveLength(1);
  });

  it('is lost while the cloud is being asked for an instance, that instance is ended', async () => {
    await using world = new World();
    const launcher = await world.launcher();
    const release = world.cloud.hold('launch');
    const id = await world.request();
    await settle();

    launcher.zk.expire();
    await settle();
    release();
    await world.clock.advance(60_000);

    expect((await world.requestNow(id))?.state).toBe('fulfilled');
    expect(await world.cloud.instances()).toHaveLength(1);
  });
});

describe('nodes that outlive their time', () => {
  it('are deleted when they were ready for too long', async () => {
    await using world = new World();
    await world.launcher(aConfig({ labels: [{ name: 'small', maxReadyAgeSec: 30 }, { name: 'large' }] }));
    const id = await world.request({ nodeTypes: ['small', 'large'] });
    await settle();
    await world.store.requests.remove(id);

    await world.clock.advance(29_000);
    expect(await world.nodes()).toHaveLength(2);
    await world.clock.advance(3_000);

    expect((await world.nodes()).map(({ type }) => type)).toEqual([['large']]);
  });

  it('are deleted when they were held for too long', async () => {
    await using world = new World();
    await world.launcher(aConfig({ maxHoldAgeSec: 100 }));
    const ids = [await world.request(), await world.request()];
    await settle();
    const [first] = await world.take(ids[0] ?? '');
    await first?.updateAndRelease({ state: 'hold', holdExpirationSec: 10 });
    const [second] = await world.take(ids[1] ?? '');
    await second?.updateAndRelease({ state: 'hold' });

    await world.clock.advance(13_000);
    expect((await world.nodes()).map(({ id }) => id)).toEqual([second?.id]);
    await world.clock.advance(90_000);

    expect(await world.nodes()).toEqual([]);
  });
});

describe('a graceful stop', () => {
  it('hands requests back at once and lets launches end', async () => {
    await using world = new World();
    const launcher = await world.launcher(aConfig({ providers: [aProvider({ fake: { 'boot-ms': 2_000 } })] }));
    const id = await world.request();
    await settle();

    const stopped = launcher.stop({ graceful: true });
    await settle();
    expect((await world.requestNow(id))?.state).toBe('requested');
    expect(await world.store.components.list('pool')).toEqual([]);
    await world.clock.advance(3_000);
    await stopped;

    expect(await world.node('0000000000')).toMatchObject({ state: 'ready', allocatedTo: null });
    expect(await world.store.components.list('launcher')).toEqual([]);
  });

  it('ends with the grace period when a launch does not', async () => {
    await using world = new World();
    const providers = [aProvider({ fake: { 'boot-ms': 600_000 } })];
    const launcher = await world.launcher(aConfig({ providers }), { graceMs: 10_000 });
    await world.request();
    await settle();
    let ended = false;

    void launcher.stop({ graceful: true }).then(() => {
      ended = true;
    });
    await world.clock.advance(9_000);
    expect(ended).toBe(false);
    await world.clock.advance(2_000);

    expect(ended).toBe(true);
  });

  it('gives back the nodes of a request that waits for room', async () => {
    await using world = new World();
    const providers = [aProvider({ pools: [aPool({ 'max-servers': 2 })] })];
    const launcher = await world.launcher(aConfig({ providers }));
    await world.request();
    const waiting = await world.request({ nodeTypes: ['small', 'small'] });
    await settle();

    const stopped = launcher.stop({ graceful: true });
    await world.clock.advance(1_000);
    await stopped;

    expect((await world.requestNow(waiting))?.state).toBe('requested');
    expect((await world.nodes()).filter(({ allocatedTo }) => allocatedTo === null)).toHaveLength(1);
  });
});
