import { aNode } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli, type TestCliOptions } from '../testing/index.js';

async function openCli(options?: TestCliOptions) {
  const cli = await openTestCli(options);
  const { node } = await cli.store.nodes.create(aNode({ provider: 'cloud-a' }));
  return Object.assign(cli, { path: `/nodepool/nodes/${node.id}` });
}

describe('zk ls', () => {
  it('lists children by name with what the server knows of them', async () => {
    await using cli = await openCli();

    const { stdout } = await cli.run('zk', 'ls', '/nodepool/nodes/', '--format', 'json', '--fields', 'name,children');

    expect(JSON.parse(stdout)).toEqual([{ name: cli.path.split('/').at(-1), children: 1 }]);
  });

  it('starts at our tree', async () => {
    await using cli = await openCli();

    expect((await cli.run('zk', 'ls')).stdout).toContain('| nodes ');
  });
});

describe('zk get', () => {
  it('prints the data as they are', async () => {
    await using cli = await openCli();

    const { stdout } = await cli.run('zk', 'get', cli.path);

    expect(stdout).toBe(`${(await cli.zk.get(cli.path)).data.toString()}\n`);
  });

  it('prints the version, too, as JSON', async () => {
    await using cli = await openCli();

    const { stdout } = await cli.run('zk', 'get', cli.path, '--format', 'json');

    expect(JSON.parse(stdout)).toMatchObject({ path: cli.path, version: 1, ephemeral_owner: null });
  });

  it.each([
    ['/nodepool/nothing', 'there is no znode /nodepool/nothing'],
    ['nodepool', 'write it as /nodepool/nodes'],
    ['/nodepool/../x', 'is no path'],
    ['/nodepool//x', 'is no path'],
  ])('fails for %s', async (path, message) => {
    await using cli = await openCli();

    const { exitCode, stderr } = await cli.run('zk', 'get', path);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(message);
  });
});

const valid = '{"state": "used", "state_time": 1}';

describe('zk set', () => {
  it.each([
    ['y', valid],
    ['yes', valid],
    ['', undefined],
    ['n', undefined],
  ])('asks, and takes %j for an answer', async (answer, expected) => {
    await using cli = await openCli({ answers: [answer] });
    const before = (await cli.zk.get(cli.path)).data.toString();

    const { exitCode, stdout } = await cli.run('zk', 'set', cli.path, valid);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Replace the data of ${cli.path}, version 1? [N/y]`);
    expect((await cli.zk.get(cli.path)).data.toString()).toBe(expected ?? before);
  });

  it.each(['{', '{"state": "dreaming", "state_time": 1}', ''])('refuses %j, which is no node', async (data) => {
    await using cli = await openCli();

    const { exitCode, stderr } = await cli.run('zk', 'set', cli.path, data, '--yes');

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`not a valid record for ${cli.path}: `);
    expect((await cli.zk.get(cli.path)).stat.version).toBe(1);
  });

  it('writes it all the same when forced', async () => {
    await using cli = await openCli();

    const { exitCode } = await cli.run('zk', 'set', cli.path, '{', '--yes', '--force');

    expect(exitCode).toBe(0);
    expect((await cli.zk.get(cli.path)).data.toString()).toBe('{');
  });

  it.each([
    '/nodepool/requests/100-0000000001',
    '/nodepool/images/debian/builds/0000000001',
    '/nodepool/images/debian/builds/0000000001/providers/cloud-a/images/0000000001',
    '/nodepool/components/pool/0000000001',
  ])('knows what belongs at %s', async (path) => {
    await using cli = await openCli();

    expect((await cli.run('zk', 'set', path, '{"x": 1}', '--yes', '--create')).stderr).toContain('not a valid record');
  });

  it('makes a missing znode only when told to', async () => {
    await using cli = await openCli();

    const refused = await cli.run('zk', 'set', '/other/place', 'data', '--yes');
    const made = await cli.run('zk', 'set', '/other/place', 'data', '--yes', '--create');

    expect([refused.exitCode, made.exitCode]).toEqual([1, 0]);
    expect((await cli.zk.get('/other/place')).data.toString()).toBe('data');
  });
});

describe('zk rm', () => {
  it('removes nothing without a yes', async () => {
    await using cli = await openCli({ answers: ['no'] });

    expect((await cli.run('zk', 'rm', cli.path, '--recursive')).stdout).toContain('Nothing changed.');
    expect(await cli.zk.exists(cli.path)).toBeDefined();
  });

  it('leaves what has children unless told otherwise', async () => {
    await using cli = await openCli();

    const refused = await cli.run('zk', 'rm', cli.path, '--yes');
    const removed = await cli.run('zk', 'rm', cli.path, '--yes', '--recursive');

    expect(refused.stderr).toContain('has children: remove them too with --recursive');
    expect(removed.exitCode).toBe(0);
    expect(await cli.zk.exists(cli.path)).toBeUndefined();
  });

  it.each(['/', '/zookeeper/quota', '/nothing'])('refuses %s', async (path) => {
    await using cli = await openCli();

    expect((await cli.run('zk', 'rm', path, '--yes', '--recursive')).exitCode).toBe(1);
    expect(await cli.zk.exists(cli.path)).toBeDefined();
  });
});
