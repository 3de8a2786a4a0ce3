import { aConfig } from '@nodepool/config/testing';
import { fake } from '@nodepool/driver-fake';
import { startLauncher } from '@nodepool/launcher';
import { noMetrics, silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom, settle } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { Recorder } from './record/recorder.js';
import { waitTimes } from './report/report.js';
import { simulate } from './simulate.js';
import { TraceLine } from './trace/schema.js';
import { workloadOf } from './trace/workload.js';

const labels = ['small', 'large'];

function configOf(maxServers: number, minReady: number) {
  const provider = (name: string) =>
    fake.configSchema.parse({
      driver: 'fake',
      name,
      'cloud-images': [{ name: 'debian' }],
      pools: [
        {
          name: 'main',
          'max-servers': maxServers,
          'host-key-checking': false,
          labels: labels.map((label) => ({ name: label, 'cloud-image': 'debian', 'min-ram': 1024 })),
        },
      ],
      fake: { 'boot-ms': { min: 30_000, max: 90_000 }, 'delete-ms': 5_000 },
    });
  return aConfig({
    labels: [{ name: 'small', minReady }, { name: 'large' }],
    providers: [provider('cloud-a'), provider('cloud-b')],
  });
}

/** A launcher on the fake cloud, and a client that asks, uses and gives back; all of it is recorded. */
async function realRun(config: ReturnType<typeof configOf>, count: number, meanGapMs: number) {
  const clock = new FakeClock(1_700_000_000_000);
  const random = seededRandom(11);
  const client = openMemoryStore({ clock, random });
  const { store } = openMemoryStore({ clock, random, ensemble: client.ensemble });
  const opening = await fake.load();
  const lines: TraceLine[] = [];
  await using caches = await client.store.openCaches({ resourcesOf: () => ({}) });
  using _recorder = new Recorder({ caches, clock, write: (line) => void lines.push(TraceLine.parse(line)) });
  const launcher = await startLauncher({
    config: { current: () => config, onChange: () => ({ [Symbol.dispose]: () => undefined }) },
    store,
    providers: { open: async (provider, deps) => opening(fakeConfig(provider), deps) },
    clock,
    random,
    log: silentLogger,
    metrics: noMetrics,
    identity: { fqdn: 'launcher', hostname: 'launcher', version: '1' },
  });
  await settle();
  const waitsSec: number[] = [];
  const use = async (id: string, nodes: readonly string[], createdMs: number): Promise<void> => {
    waitsSec.push((clock.now() - createdMs) / 1000);
    const held = await Promise.all(nodes.map((node) => client.store.nodes.lock(node)));
    await client.store.requests.remove(id);
    for (const node of held) await node?.update({ state: 'in-use' });
    await clock.sleep(60_000 + random.next() * 120_000);
    for (const node of held) await node?.updateAndRelease({ state: 'used' });
  };
  const created = new Map<string, number>();
  caches.requests.onChange(({ before, after }) => {
    const createdMs = created.get(after?.record.id ?? '');
    if (createdMs === undefined || after?.record.state !== 'fulfilled' || before?.record.state === 'fulfilled') return;
    void use(after.record.id, after.record.nodes, createdMs);
  });
  for (let made = 0; made < count; made += 1) {
    const nodeTypes = random.next() < 0.15 ? labels : [labels[random.next() < 0.7 ? 0 : 1] ?? ''];
    const wish = { nodeTypes, reuse: true, requestor: 'zuul', requestorData: null, provider: null, eventId: null };
    const createdTimeSec = clock.now() / 1000;
    const request = { ...wish, relativePriority: 0, tenantName: null, createdTimeSec };
    const { record } = await client.store.requests.create(request, { priority: '100', ephemeral: false });
    created.set(record.id, clock.now());
    await clock.advance(-Math.log(1 - random.next()) * meanGapMs);
  }
  while (waitsSec.length < count) await clock.advance(30_000);
  await clock.advance(300_000);
  const stopped = launcher.stop({ graceful: false });
  await clock.advance(0);
  await stopped;
  return { lines, waits: waitTimes(waitsSec) };
}

function fakeConfig(config: object): ReturnType<typeof fake.configSchema.parse> {
  return config as ReturnType<typeof fake.configSchema.parse>;
}

/** Enough for the quantiles to say more of the model than of chance. */
const asked = 480;

describe('a simulation of what a launcher was recorded doing', () => {
  it.each([
    { name: 'with room for everything', maxServers: 20, minReady: 0, gapMs: 20_000 },
    { name: 'with a standing stock', maxServers: 20, minReady: 4, gapMs: 30_000 },
    { name: 'with queues', maxServers: 5, minReady: 0, gapMs: 22_000 },
  ])('waits as long, within 20 % or 8 s at p50 and p95, $name', async ({ maxServers, minReady, gapMs }) => {
    const config = configOf(maxServers, minReady);
    const { lines, waits } = await realRun(config, asked, gapMs);

    const { all } = simulate(config, workloadOf(lines), 1);

    expect(all).toMatchObject({ requests: asked, fulfilled: asked });
    for (const quantile of ['p50', 'p95'] as const) {
      const real = waits?.[quantile] ?? Number.NaN;
      const simulated = all.waitSec?.[quantile] ?? Number.NaN;
      expect(Math.abs(simulated - real), `${quantile}: ${simulated} s, really ${real} s`).toBeLessThan(
        Math.max(8, real * 0.2),
      );
    }
  });
});
