import { ProviderError } from '@nodepool/driver-api';
import { settle } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { explainer } from '../serve.js';
import { aConfig, aPool, aProvider } from '../testing/a-config.js';
import { World } from '../testing/world.js';

const oneServer = aConfig({ providers: [aProvider({ pools: [aPool({ 'max-servers': 1 })] })] });

async function explained(world: World, config = oneServer) {
  const launcher = await world.launcher(config);
  const source = { current: () => config, onChange: () => ({ [Symbol.dispose]: () => undefined }) };
  return explainer({ config: source, launcher, clock: world.clock });
}

describe('what a launcher explains', () => {
  it('is why a request waits, and what would help', async () => {
    await using world = new World();
    const explain = await explained(world);
    const [, second] = [await world.request(), await world.request()];
    await settle();

    const { summary, reasons, remedies } = await explain('request', second);

    expect(summary).toMatch(/^pending for .*; made by zuul/);
    expect(reasons).toContain('pool cloud-a/main: is short of instances (1 of 1 used)');
    expect(remedies).toEqual([expect.stringContaining('raise the limits of pool cloud-a/main')]);
  });

  it('includes what a cloud has refused for good', async () => {
    await using world = new World();
    const explain = await explained(world);
    world.cloud.failNext('launch', new ProviderError('misconfigured', 'no such flavor'));
    const id = await world.request();
    await world.clock.advance(10_000);

    expect((await explain('request', id)).reasons.join()).toContain('label small is broken: ');
    expect((await explain('label', 'small')).reasons.join()).toContain('label small is broken: ');
  });

  it('is that a thing is gone when it went while it was asked about', async () => {
    await using world = new World();
    const explain = await explained(world);

    expect(await explain('node', '0000000099')).toEqual({
      summary: 'node 0000000099 is gone',
      reasons: [],
      remedies: [],
    });
  });
});
