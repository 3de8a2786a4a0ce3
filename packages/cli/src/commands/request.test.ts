import { aNode } from '@nodepool/model/testing';
import type { HeldNode } from '@nodepool/store';
import { describe, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../testing/index.js';

async function requestMade(cli: TestCli): Promise<void> {
  await using caches = await cli.store.openCaches({ resourcesOf: () => ({}) });
  const { requests } = caches;
  if (requests.size === 0) await new Promise<void>((resolve) => requests.onChange(() => resolve()));
}

/** Plays the launcher for the one request there is. */
async function fulfil(cli: TestCli): Promise<string> {
  const [seen] = (await cli.store.requests.list()).requests;
  const request = seen === undefined ? undefined : await cli.store.requests.accept(seen);
  if (request === undefined) throw new Error('there is no request to accept');
  const nodes: HeldNode[] = [];
  for (const label of request.request.nodeTypes) {
    const node = await cli.store.nodes.create(
      aNode({ type: [label], allocatedTo: request.id, hostKeys: ['ssh-rsa A'] }),
    );
    await node.update({ state: 'ready' });
    nodes.push(node);
  }
  await cli.store.requests.fulfil(request, nodes);
  return request.id;
}

async function decline(cli: TestCli): Promise<void> {
  const [seen] = (await cli.store.requests.list()).requests;
  const request = seen === undefined ? undefined : await cli.store.requests.lock(seen.record.id);
  await request?.updateAndRelease({ state: 'failed', declinedBy: ['pool-1'] });
}

async function nodeStates(cli: TestCli): Promise<readonly string[]> {
  return (await cli.store.nodes.list()).nodes.map(({ record }) => record.state);
}

async function openRequests(cli: TestCli): Promise<number> {
  return (await cli.store.requests.list()).requests.length;
}

describe('request', () => {
  it('creates what Zuul would create, and prints its id', async () => {
    await using cli = await openTestCli({ nowMs: 5_000 });

    const { stdout, exitCode } = await cli.run('request', 'small', 'small', 'big', '--provider', 'cloud-a');

    const [request] = (await cli.store.requests.list()).requests;
    expect(request?.record).toMatchObject({
      id: stdout.trimEnd(),
      state: 'requested',
      nodeTypes: ['small', 'small', 'big'],
      provider: 'cloud-a',
      requestor: 'nodepool-cli:alice@workstation',
      createdTimeSec: 5,
      reuse: true,
    });
    expect(stdout).toMatch(/^100-\d{10}\n$/);
    expect(exitCode).toBe(0);
  });

  it('warns of a label that no pool offers', async () => {
    await using cli = await openTestCli();

    expect((await cli.run('request', 'small', 'small')).stderr).toBe(
      'nodepool: warning: no running pool offers label small\n',
    );
  });

  it('waits for its nodes and shows how to reach them', async () => {
    await using cli = await openTestCli();

    const running = cli.run('request', 'small', '--wait');
    await requestMade(cli);
    const id = await fulfil(cli);
    const { stdout, exitCode } = await running;

    expect(stdout.split('\n')).toEqual([
      id,
      '+------------+-------+----------+-----------+------+----------+-----------+',
      '| ID         | Label | Provider | Address   | Port | Username | Host Keys |',
      '+------------+-------+----------+-----------+------+----------+-----------+',
      '| 0000000000 | small | cloud-a  | 192.0.2.1 | 22   | zuul     | ssh-rsa A |',
      '+------------+-------+----------+-----------+------+----------+-----------+',
      '',
    ]);
    expect(exitCode).toBe(0);
  });

  it('tells programs the same as one object', async () => {
    await using cli = await openTestCli();

    const running = cli.run('request', 'small', 'big', '--wait', '--format', 'json');
    await requestMade(cli);
    const id = await fulfil(cli);

    const answer = JSON.parse((await running).stdout);
    expect(answer).toMatchObject({
      id,
      state: 'fulfilled',
      nodes: [
        { id: '0000000000', label: ['small'], interface_ip: '192.0.2.1', connection_port: 22, username: 'zuul' },
        { id: '0000000001', label: ['big'], host_keys: ['ssh-rsa A'] },
      ],
    });
  });

  it('fails, and leaves nothing behind, when every pool declines', async () => {
    await using cli = await openTestCli();

    const running = cli.run('request', 'small', '--wait');
    await requestMade(cli);
    await decline(cli);
    const { exitCode, stdout, stderr } = await running;

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('has failed: declined by pool-1');
    expect(await openRequests(cli)).toBe(0);
  });

  it('is cancelled when its time is up', async () => {
    await using cli = await openTestCli();

    const running = cli.run('request', 'small', '--wait', '--timeout', '30');
    await requestMade(cli);
    await cli.clock.advance(30_000);
    const { exitCode, stderr } = await running;

    expect(exitCode).toBe(1);
    expect(stderr).toContain('was not fulfilled in 30 s and is cancelled');
    expect(await openRequests(cli)).toBe(0);
  });

  it('is cancelled by Ctrl-C', async () => {
    const interrupt = new AbortController();
    await using cli = await openTestCli({ signal: interrupt.signal });

    const running = cli.run('request', 'small', '--wait');
    await requestMade(cli);
    expect(await openRequests(cli)).toBe(1);
    interrupt.abort(new Error('interrupted'));

    expect(await running).toMatchObject({ exitCode: 130, stdout: '' });
    expect(await openRequests(cli)).toBe(0);
  });

  it('holds the nodes and needs the request no longer', async () => {
    await using cli = await openTestCli();

    const running = cli.run('request', 'small', 'small', '--hold');
    await requestMade(cli);
    await fulfil(cli);
    const { exitCode } = await running;

    expect(exitCode).toBe(0);
    expect(await openRequests(cli)).toBe(0);
    const { nodes } = await cli.store.nodes.list();
    expect(nodes.map(({ record, locked }) => [record.state, record.comment, locked])).toEqual([
      ['hold', 'held by alice@workstation with nodepool request', false],
      ['hold', 'held by alice@workstation with nodepool request', false],
    ]);
  });

  it.each([
    [['request'], "missing required argument 'label'"],
    [['request', 'small', '--timeout', '5'], '--timeout needs --wait or --hold'],
    [['request', 'small', '--wait', '--timeout', 'soon'], 'Not a number of seconds'],
    [['request', 'small', '--wait', '--timeout', '-1'], 'Not a number of seconds'],
  ])('%j is not understood', async (argv, message) => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run(...argv);

    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(await openRequests(cli)).toBe(0);
  });
});

describe('release', () => {
  it('gives the nodes back and removes the request', async () => {
    await using cli = await openTestCli();
    await cli.run('request', 'small', 'big');
    const id = await fulfil(cli);

    const { stdout, exitCode } = await cli.run('release', id);

    expect(stdout).toBe(`Request ${id} released\n`);
    expect(exitCode).toBe(0);
    expect(await nodeStates(cli)).toEqual(['used', 'used']);
    expect(await openRequests(cli)).toBe(0);
  });

  it('cancels a request that still waits', async () => {
    await using cli = await openTestCli();
    const id = (await cli.run('request', 'small')).stdout.trimEnd();

    expect((await cli.run('release', id)).stdout).toBe(`Request ${id} cancelled\n`);
    expect(await openRequests(cli)).toBe(0);
  });

  it('leaves alone a node that has gone to somebody else', async () => {
    await using cli = await openTestCli();
    await cli.run('request', 'small');
    const id = await fulfil(cli);
    const node = await cli.store.nodes.lock('0000000000');
    await node?.updateAndRelease({ allocatedTo: '100-0000000099' });

    await cli.run('release', id);

    expect(await nodeStates(cli)).toEqual(['ready']);
    expect(await openRequests(cli)).toBe(0);
  });

  it('keeps the request, to be released later, while somebody has a node locked', async () => {
    await using cli = await openTestCli();
    await cli.run('request', 'small');
    const id = await fulfil(cli);
    const node = await cli.store.nodes.lock('0000000000');

    const running = cli.run('release', id);
    await cli.clock.advance(5_000);

    expect((await running).exitCode).toBe(1);
    expect(await openRequests(cli)).toBe(1);
    await node?.release();
    expect((await cli.run('release', id)).exitCode).toBe(0);
    expect(await nodeStates(cli)).toEqual(['used']);
  });

  it('refuses the request of another program', async () => {
    await using cli = await openTestCli();
    const { record } = await cli.store.requests.create(
      {
        createdTimeSec: 1,
        nodeTypes: ['small'],
        reuse: true,
        requestor: 'zuul.example.com',
        requestorData: null,
        provider: null,
        relativePriority: 0,
        eventId: null,
        tenantName: null,
      },
      { priority: '100', ephemeral: false },
    );

    const { exitCode, stderr } = await cli.run('release', record.id);

    expect(exitCode).toBe(1);
    expect(stderr).toContain('belongs to zuul.example.com');
    expect(await openRequests(cli)).toBe(1);
  });

  it('says when there is no such request', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('release', '100-0000000042');

    expect(exitCode).toBe(1);
    expect(stderr).toBe('nodepool: error: request 100-0000000042 not found\n');
  });
});
