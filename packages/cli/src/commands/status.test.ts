import { aDiskimage } from '@nodepool/config/testing';
import { aNode, aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

const nowMs = 1_000_000_000_000;

async function statusOf(cli: Awaited<ReturnType<typeof openTestCli>>) {
  const { stdout, exitCode } = await cli.run('status', '--format', 'json');
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

describe('status', () => {
  it('says that no daemon is there', async () => {
    await using cli = await openTestCli({ nowMs, config: { diskimages: [aDiskimage()] } });

    const { problems } = await statusOf(cli);

    expect(problems).toEqual([
      { what: 'no launcher is running', since: null },
      { what: 'no builder is running', since: null },
    ]);
  });

  it('counts the nodes of pools and the requests that wait', async () => {
    await using cli = await openTestCli({ nowMs });
    await cli.store.components.register({
      kind: 'pool',
      hostname: 'host',
      state: 'running',
      version: null,
      modelApi: 0,
      id: 'host-PoolWorker.cloud-a-main-1',
      name: 'main',
      providerName: 'cloud-a',
      supportedLabels: ['small'],
      priority: 100,
      paused: true,
    });
    await cli.store.nodes.create(aNode());
    const { id: _, ...created } = aRequest({ createdTimeSec: nowMs / 1000 - 700 });
    const { record } = await cli.store.requests.create(created, { priority: '100', ephemeral: false });

    const { pools, queue, problems } = await statusOf(cli);

    expect(pools).toEqual([{ provider: 'cloud-a', pool: 'main', used: 1, limit: null, paused: true }]);
    expect(queue).toEqual({ requested: 1, pending: 0, oldest: { id: record.id, since: nowMs / 1000 - 700 } });
    expect(problems).toContainEqual({
      what: 'waiting for more than 10 minutes: 1 requests',
      since: nowMs / 1000 - 700,
    });
    expect(problems).toContainEqual({ what: 'pool cloud-a/main is full: its next request waits', since: null });
  });

  it('is one screen for people', async () => {
    await using cli = await openTestCli({ nowMs });

    const { stdout } = await cli.run('status');

    expect(stdout).toContain('Launchers: none');
    expect(stdout).toContain('| no launcher is running |');
  });
});
