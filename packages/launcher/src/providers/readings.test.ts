import type { Instance, Provider, QuotaSource } from '@nodepool/driver-api';
import { ProviderError } from '@nodepool/driver-api';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { aConfig } from '../testing/a-config.js';
import { ProviderReadings } from './readings.js';

const [config] = aConfig().providers.values();

function instance(tags: Readonly<Record<string, string>>): Instance {
  return { externalId: JSON.stringify(tags), tags, status: 'ACTIVE', resources: { cores: 2, instances: 1 } };
}

/** Readings of a cloud whose limits, and refusals, a test sets. */
function reader(cloud: { limits: () => Promise<Record<string, number>>; instances?: readonly Instance[] }) {
  if (config === undefined) throw new Error('no provider');
  const clock = new FakeClock();
  const quota: QuotaSource = { limits: cloud.limits, needed: async () => ({ cores: 4, instances: 1 }) };
  const provider: Provider = {
    launch: () => Promise.reject(new Error('not called')),
    checkLaunch: () => Promise.reject(new Error('not called')),
    terminate: () => Promise.reject(new Error('not called')),
    listInstances: async () => cloud.instances ?? [],
    quota,
  };
  const readings = new ProviderReadings({
    config,
    provider,
    clock,
    log: silentLogger,
    hasNode: (id) => id === 'known',
    onChange: () => undefined,
  });
  const over = new AbortController();
  void readings.run(over.signal);
  return { clock, readings, stop: () => over.abort() };
}

describe('the figure of a provider', () => {
  it('is its limits less what others use of it, leaked instances of ours included', async () => {
    const ours = { nodepool_provider_name: config?.name ?? '' };
    const { readings, stop } = reader({
      limits: async () => ({ cores: 20, instances: 10 }),
      instances: [
        instance({ ...ours, nodepool_node_id: 'known' }),
        instance({ ...ours, nodepool_node_id: 'leaked' }),
        instance({ nodepool_provider_name: 'another', nodepool_node_id: 'known' }),
      ],
    });
    await settle();

    expect(readings.figure).toEqual({ cores: 16, instances: 8 });
    stop();
  });

  it('is read again after five minutes, and at once after a refusal for quota', async () => {
    let reads = 0;
    const limits = async (): Promise<Record<string, number>> => {
      reads += 1;
      return { instances: reads };
    };
    const { clock, readings, stop } = reader({ limits });
    await clock.advance(299_000);
    const before = reads;
    await clock.advance(1_000);
    const after = reads;

    readings.invalidateFigure();
    await settle();

    expect([before, after, reads]).toEqual([1, 2, 3]);
    expect(readings.figure).toEqual({ instances: 3 });
    stop();
  });

  it('stays what it was while it cannot be read', async () => {
    const answers = [async () => ({ instances: 5 }), () => Promise.reject(new ProviderError('transient', 'down'))];
    const { clock, readings, stop } = reader({ limits: () => (answers.shift() ?? (async () => ({ instances: 7 })))() });
    await clock.advance(300_000);
    const during = readings.figure;

    await clock.advance(60_000);

    expect(during).toEqual({ instances: 5 });
    expect(readings.figure).toEqual({ instances: 7 });
    stop();
  });

  it('limits nothing when it could never be read: launches will show', async () => {
    const { readings, stop } = reader({ limits: () => Promise.reject(new ProviderError('transient', 'down')) });
    await settle();

    expect(readings.figure).toEqual({});
    stop();
  });
});
