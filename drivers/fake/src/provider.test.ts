import type { CallContext, CheckContext, LaunchSpec, Provider } from '@nodepool/driver-api';
import { tagKeys } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { configSchema, type FakeProviderConfig } from './config.js';
import { fake } from './index.js';

const ctx: CallContext = { signal: new AbortController().signal, log: silentLogger };
const checkCtx: CheckContext = { ...ctx, instances: async () => new Map() };

function configure(section: object, label: object = {}, keys: object = {}): FakeProviderConfig {
  return configSchema.parse({
    driver: 'fake',
    name: 'cloud-a',
    'region-name': 'north',
    'cloud-images': [{ name: 'debian' }],
    pools: [{ name: 'main', labels: [{ name: 'small', 'cloud-image': 'debian', 'min-ram': 1024, ...label }] }],
    ...keys,
    fake: section,
  });
}

async function aProvider(config: FakeProviderConfig, clock = new FakeClock(), seed = 1): Promise<Provider> {
  const make = await fake.load();
  return make(config, { clock, random: seededRandom(seed), log: silentLogger });
}

function specOf(config: FakeProviderConfig, nodeId: string, az?: string): LaunchSpec {
  const [pool] = config.pools;
  const label = pool?.labels[0];
  const [image] = config.cloudImages;
  if (pool === undefined || label === undefined || image === undefined) throw new Error('incomplete configuration');
  return {
    nodeId,
    hostname: `np${nodeId}`,
    pool,
    label,
    image: { kind: 'cloud-image', config: image },
    az,
    tags: { [tagKeys.nodeId]: nodeId, [tagKeys.providerName]: config.name },
  };
}

describe('the fake cloud', () => {
  it('gives the addresses that the host check leaves alone', async () => {
    const config = configure({});
    const provider = await aProvider(config);

    const progress = await provider.checkLaunch(await provider.launch(specOf(config, '1', 'az2'), ctx), checkCtx);

    expect(progress).toMatchObject({
      state: 'running',
      instance: {
        interfaceIp: 'fake',
        publicIpv4: 'fake',
        privateIpv4: 'fake',
        publicIpv6: '',
        cloud: 'fake',
        region: 'north',
        az: 'az2',
        hostId: 'fake',
      },
    });
  });

  it('starts no timer when it has no latencies', async () => {
    const clock = new FakeClock();
    const config = configure({});
    const provider = await aProvider(config, clock);

    const ticket = await provider.launch(specOf(config, '1'), ctx);
    await provider.checkLaunch(ticket, checkCtx);
    await provider.terminate(ticket.externalId ?? '', ctx);

    expect(clock.sleeping).toBe(0);
  });

  it('shows an instance whose launch has not been answered yet', async () => {
    const clock = new FakeClock();
    const config = configure({ 'launch-ms': 1000 });
    const provider = await aProvider(config, clock);
    const launch = provider.launch(specOf(config, '1'), ctx);

    const listed = await provider.listInstances(ctx);
    await clock.advance(1000);

    expect(listed.map(({ externalId }) => externalId)).toEqual([(await launch).externalId]);
  });

  it('says how long an instance still boots', async () => {
    const clock = new FakeClock();
    const config = configure({ 'boot-ms': 1500 });
    const provider = await aProvider(config, clock);
    const ticket = await provider.launch(specOf(config, '1'), ctx);

    expect(await provider.checkLaunch(ticket, checkCtx)).toEqual({ state: 'pending', recheckAfterMs: 1500 });
    await clock.advance(1500);

    expect(await provider.checkLaunch(ticket, checkCtx)).toMatchObject({ state: 'running' });
  });

  it('keeps a deleted instance, and its share of the quota, for the time of a deletion', async () => {
    const clock = new FakeClock();
    const config = configure({ 'delete-ms': 1000, quota: { instances: 1 } });
    const provider = await aProvider(config, clock);
    const { externalId } = await provider.launch(specOf(config, '1'), ctx);
    await provider.terminate(externalId ?? '', ctx);

    expect((await provider.listInstances(ctx)).map(({ status }) => status)).toEqual(['DELETING']);
    await expect(provider.launch(specOf(config, '2'), ctx)).rejects.toMatchObject({ code: 'quota' });
    await clock.advance(1000);

    await expect(provider.launch(specOf(config, '2'), ctx)).resolves.toMatchObject({ data: null });
    expect((await provider.listInstances(ctx)).map(({ status }) => status)).toEqual(['ACTIVE']);
  });

  it.each([
    ['launch-failure', 'launch-failed'],
    ['capacity-failure', 'capacity'],
    ['quota-failure', 'quota'],
  ])('refuses launches at the rate of %s and leaves nothing', async (key, code) => {
    const config = configure({ [key]: 1 });
    const provider = await aProvider(config);

    await expect(provider.launch(specOf(config, '1'), ctx)).rejects.toMatchObject({ code });

    expect(await provider.listInstances(ctx)).toEqual([]);
  });

  it('lets instances end in an error that still have to be deleted', async () => {
    const config = configure({ 'boot-failure': 1 });
    const provider = await aProvider(config);
    const ticket = await provider.launch(specOf(config, '1'), ctx);

    await expect(provider.checkLaunch(ticket, checkCtx)).rejects.toMatchObject({
      code: 'launch-failed',
      statusKey: 'error.status',
    });

    expect((await provider.listInstances(ctx)).map(({ status }) => status)).toEqual(['ERROR']);
    expect(await provider.consoleLog?.(ticket.externalId ?? '', ctx)).toContain('Kernel panic');
  });

  it('lets deletions fail in passing', async () => {
    const config = configure({ 'delete-failure': 1 });
    const provider = await aProvider(config);
    const { externalId } = await provider.launch(specOf(config, '1'), ctx);

    await expect(provider.terminate(externalId ?? '', ctx)).rejects.toMatchObject({ code: 'transient' });

    expect(await provider.listInstances(ctx)).toHaveLength(1);
  });

  it('fails about as often as it is told to', async () => {
    const config = configure({ 'launch-failure': 0.3 });
    const provider = await aProvider(config);

    const launches = Array.from({ length: 1000 }, (_, index) => provider.launch(specOf(config, String(index)), ctx));
    const failed = (await Promise.allSettled(launches)).filter(({ status }) => status === 'rejected').length;

    expect(failed).toBeGreaterThan(250);
    expect(failed).toBeLessThan(350);
  });

  it('names every quota that is in the way', async () => {
    const config = configure({ quota: { cores: 3, ram: 100_000, instances: 0 } });
    const provider = await aProvider(config);

    const refusal = provider.launch(specOf(config, '1'), ctx);

    await expect(refusal).rejects.toMatchObject({
      code: 'quota',
      message: 'launching np1: quota exceeded for cores, instances',
    });
  });

  it('spreads instances over its zones and refuses others', async () => {
    const config = configure({ 'availability-zones': ['a', 'b'] });
    const provider = await aProvider(config);
    const zones = new Set<string | null>();

    for (let node = 0; node < 20; node += 1) {
      const progress = await provider.checkLaunch(await provider.launch(specOf(config, `${node}`), ctx), checkCtx);
      if (progress.state === 'running') zones.add(progress.instance.az);
    }

    expect([...zones].sort()).toEqual(['a', 'b']);
    await expect(provider.launch(specOf(config, '99', 'c'), ctx)).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it('survives a change of the configuration', async () => {
    const make = await fake.load();
    const deps = { clock: new FakeClock(), random: seededRandom(1), log: silentLogger };
    const before = configure({});
    const { externalId } = await make(before, deps).launch(specOf(before, '1'), ctx);

    const after = make(configure({ 'boot-ms': 5 }), deps);

    expect((await after.listInstances(ctx)).map((instance) => instance.externalId)).toEqual([externalId]);
  });
});

describe('what a label needs in the fake cloud', () => {
  const flavors = {
    tiny: { cores: 1, ram: 512 },
    'small-b': { cores: 2, ram: 2048 },
    'small-a': { cores: 3, ram: 2048 },
    'large-gpu': { cores: 16, ram: 65_536 },
  };

  it.each([
    ['the only flavor when none are configured', {}, { 'min-ram': 1 }, { cores: 4, ram: 8192 }],
    ['the smallest that has the memory, then the first by name', flavors, { 'min-ram': 600 }, { cores: 3, ram: 2048 }],
    ['the one named', flavors, { 'min-ram': undefined, 'flavor-name': 'tiny' }, { cores: 1, ram: 512 }],
    [
      'the smallest with the memory among those whose name has the text',
      flavors,
      { 'min-ram': 1, 'flavor-name': 'gpu' },
      { cores: 16, ram: 65_536 },
    ],
  ])('is %s', async (_rule, available, label, expected) => {
    const config = configure({ flavors: available }, label);
    const { pool, label: asked } = specOf(config, '1');

    const needed = await (await aProvider(config)).quota?.needed(pool, asked, ctx);

    expect(needed).toEqual({ instances: 1, ...expected });
  });

  it('includes the boot volume', async () => {
    const config = configure({}, { 'boot-from-volume': true, 'volume-size': 80 });
    const { pool, label } = specOf(config, '1');

    const needed = await (await aProvider(config)).quota?.needed(pool, label, ctx);

    expect(needed).toEqual({ instances: 1, cores: 4, ram: 8192, volumes: 1, 'volume-gb': 80 });
  });

  it('cannot be said when no flavor fits', async () => {
    const config = configure({ flavors }, { 'min-ram': 1_000_000 });
    const { pool, label } = specOf(config, '1');

    const needed = (await aProvider(config)).quota?.needed(pool, label, ctx);

    await expect(needed).rejects.toMatchObject({ code: 'misconfigured' });
  });
});
