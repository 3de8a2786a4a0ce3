import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigParts } from '@nodepool/config/testing';
import { type Provider, type ProviderConfig, tagKeys } from '@nodepool/driver-api';
import { findDriver } from '@nodepool/driver-registry';
import { recordedOutput } from '@nodepool/listings/testing';
import { aNode } from '@nodepool/model/testing';
import { silentLogger } from '@nodepool/runtime';
import { FakeClock, seededRandom } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

let stateDir: string;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'nodepool-cli-'));
});

afterEach(async () => {
  await rm(stateDir, { recursive: true });
});

const call = { signal: new AbortController().signal, log: silentLogger };

/** A provider `cloud-a` whose cloud lives in a directory, as other processes see it too. */
async function openCloud(fake: object = {}): Promise<{ config: ProviderConfig; cloud: Provider }> {
  const driver = findDriver('fake');
  if (driver === undefined) throw new Error('there is no fake driver');
  const config = driver.configSchema.parse({
    name: 'cloud-a',
    driver: 'fake',
    'cloud-images': [{ name: 'plain' }],
    pools: [{ name: 'main', labels: [{ name: 'small', 'cloud-image': 'plain', 'min-ram': 1024 }] }],
    fake: { 'state-dir': stateDir, ...fake },
  });
  const make = await driver.load();
  return { config, cloud: make(config, { clock: new FakeClock(), random: seededRandom(2), log: silentLogger }) };
}

async function launch(cloud: Provider, config: ProviderConfig, nodeId: string): Promise<void> {
  const [pool] = config.pools;
  const [label] = pool?.labels ?? [];
  const [image] = config.cloudImages;
  if (pool === undefined || label === undefined || image === undefined) throw new Error('the configuration is empty');
  await cloud.launch(
    {
      nodeId,
      hostname: `np${nodeId}`,
      pool,
      label,
      image: { kind: 'cloud-image', config: image },
      az: undefined,
      tags: { [tagKeys.nodeId]: nodeId, [tagKeys.providerName]: config.name, [tagKeys.poolName]: pool.name },
    },
    call,
  );
}

/** Moves time on for as long as `work` takes: its file accesses take real time, its pauses none. */
async function driven<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) await clock.advance(1_000);
  return await done;
}

const configured = (config: ProviderConfig): ConfigParts => ({ providers: [config] });

describe('delete --now', () => {
  it('deletes the instances that carry the id of the node, then the record', async () => {
    const { config, cloud } = await openCloud();
    await using cli = await openTestCli({ config: configured(config) });
    const held = await cli.store.nodes.create(aNode({ externalId: null }));
    await held.updateAndRelease({ state: 'ready' });
    await launch(cloud, config, held.id);
    await launch(cloud, config, '0000000099');

    const { stdout, exitCode } = await driven(cli.clock, cli.run('delete', '--now', held.id));

    expect(stdout).toBe(await recordedOutput('61-delete-now'));
    expect(exitCode).toBe(0);
    expect(await cli.store.nodes.get(held.id)).toBeUndefined();
    const left = await cloud.listInstances(call);
    expect(left.map(({ tags }) => tags[tagKeys.nodeId])).toEqual(['0000000099']);
  });

  it('leaves the record to a launcher when the provider refuses', async () => {
    const { config, cloud } = await openCloud({ 'delete-failure': 1 });
    await using cli = await openTestCli({ config: configured(config) });
    const held = await cli.store.nodes.create(aNode({ externalId: null }));
    await held.updateAndRelease({ state: 'ready' });
    await launch(cloud, config, held.id);

    const { exitCode, stdout, stderr } = await driven(cli.clock, cli.run('delete', '--now', held.id));

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^nodepool: error: .+\n$/);
    const { nodes } = await cli.store.nodes.list();
    expect(nodes.map(({ record, locked }) => [record.state, locked])).toEqual([['deleting', false]]);
    expect(await cloud.listInstances(call)).toHaveLength(1);
  });

  it('leaves the record to a launcher when the instance is not gone in ten minutes', async () => {
    const { config, cloud } = await openCloud({ 'delete-ms': 3_600_000 });
    await using cli = await openTestCli({ config: configured(config) });
    const held = await cli.store.nodes.create(aNode({ externalId: null }));
    await held.updateAndRelease({ state: 'ready' });
    await launch(cloud, config, held.id);

    const { exitCode, stderr } = await driven(cli.clock, cli.run('delete', '--now', held.id));

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`node ${held.id} still has an instance after 10 minutes; a launcher goes on`);
    expect((await cli.store.nodes.get(held.id))?.record.state).toBe('deleting');
  });

  it('says when the provider is not configured here, and changes nothing', async () => {
    await using cli = await openTestCli();
    const held = await cli.store.nodes.create(aNode());
    await held.updateAndRelease({ state: 'ready' });

    const { stdout, exitCode } = await cli.run('delete', '--now', held.id);

    expect(stdout).toBe(`Provider cloud-a for node ${held.id} not defined on this launcher\n`);
    expect(exitCode).toBe(0);
    expect((await cli.store.nodes.get(held.id))?.record.state).toBe('ready');
  });

  it('fails when this release lacks the driver', async () => {
    const lacking = { name: 'cloud-a', driver: 'aws', reason: 'driver aws is not part of this release' };
    await using cli = await openTestCli({ config: { unavailableProviders: [lacking] } });
    const held = await cli.store.nodes.create(aNode());
    await held.updateAndRelease({ state: 'ready' });

    const { stderr, exitCode } = await cli.run('delete', '--now', held.id);

    expect(stderr).toBe('nodepool: error: provider cloud-a cannot be used: driver aws is not part of this release\n');
    expect(exitCode).toBe(1);
  });
});
