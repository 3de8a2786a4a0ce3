import { fake } from '@nodepool/driver-fake';
import { aNode, aRequest } from '@nodepool/model/testing';
import { noMetrics, silentLogger } from '@nodepool/runtime';
import { FakeClock, recordLog, seededRandom } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { HostCheckError } from '../host-check/errors.js';
import { ProviderRuntime } from '../providers/provider-runtime.js';
import { aConfig, aLabel, aPool, aProvider } from '../testing/a-config.js';
import { chooseImage } from './image.js';
import { Launch } from './launch.js';

/** One attempt to bring up a machine that nobody can reach. */
async function launchUnreachable(consoleLog: boolean, readConsole: () => Promise<string | undefined>) {
  const keys = { 'host-key-checking': true, labels: [aLabel('small', { 'console-log': consoleLog })] };
  const config = aConfig({ providers: [aProvider({ 'launch-retries': 1, pools: [aPool(keys)] })] });
  const [provider] = config.providers.values();
  const pool = provider?.pools[0];
  const label = pool?.labels[0];
  if (provider === undefined || pool === undefined || label === undefined) throw new Error('nothing to launch');
  const [clock, random] = [new FakeClock(), seededRandom(1)];
  const { store } = openMemoryStore({ clock, random });
  await using caches = await store.openCaches({ resourcesOf: () => ({}) });
  const open = await fake.load();
  const cloud = open(provider as ReturnType<typeof fake.configSchema.parse>, { clock, random, log: silentLogger });
  const asked: unknown[] = [];
  const runtime = new ProviderRuntime(
    provider,
    {
      ...cloud,
      consoleLog: (externalId) => {
        asked.push(externalId);
        return readConsole();
      },
    },
    {
      clock,
      random,
      log: silentLogger,
      metrics: noMetrics,
      images: caches.images,
      hostCheck: { run: () => Promise.reject(new HostCheckError('fake port 22')) },
      hasNode: () => true,
      onReading: () => undefined,
      onRoom: () => undefined,
    },
  );
  const image = chooseImage(provider, label, caches.images);
  const held = await store.nodes.create(aNode({ state: 'building', type: ['small'] }));
  const log = recordLog();
  const outcome = await new Launch(
    { held, request: aRequest(), pool, label, image, az: undefined },
    runtime,
    log,
  ).run();
  await runtime.close();
  return { outcome, asked, consoles: log.lines.flatMap(({ fields }) => fields['console'] ?? []) };
}

describe('a launch whose machine does not answer', () => {
  it('shows its console in the log where the label asks for it', async () => {
    const { outcome, asked, consoles } = await launchUnreachable(true, async () => 'Kernel panic');

    expect(outcome).toMatchObject({ kind: 'failed', change: { state: 'failed' } });
    expect(consoles).toEqual(['Kernel panic']);
    expect(asked).toHaveLength(1);
  });

  it('does not ask for the console otherwise', async () => {
    const { outcome, asked, consoles } = await launchUnreachable(false, async () => 'Kernel panic');

    expect(outcome.kind).toBe('failed');
    expect([...asked, ...consoles]).toEqual([]);
  });

  it('fails for what it was, even when the console cannot be read', async () => {
    const { outcome, consoles } = await launchUnreachable(true, () => Promise.reject(new Error('no console')));

    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'NP_HOST_UNREACHABLE' } });
    expect(consoles).toEqual([]);
  });
});
