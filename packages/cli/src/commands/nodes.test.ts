import { recordedOutput, restoreTree } from '@nodepool/listings/testing';
import type { NewNode, NodeState } from '@nodepool/model';
import { aNode } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli, type TestCli } from '../testing/index.js';

/** A node that nobody holds. */
async function addNode(cli: TestCli, state: NodeState, change: Partial<NewNode> = {}): Promise<string> {
  const held = await cli.store.nodes.create(aNode(change));
  await held.updateAndRelease({ state });
  return held.id;
}

const onlyNode9 = (path: string): boolean => !/nodes\/(?!0000000009)/.test(path);

describe('hold and delete', () => {
  it.each([
    ['hold', '37-hold'],
    ['delete', '40-delete'],
  ])('%s shows the node, as recorded', async (command, recording) => {
    await using cli = await openTestCli({ nowMs: 1_795_362_600_000 });
    await restoreTree(cli.zk, onlyNode9);

    const { stdout, stderr, exitCode } = await cli.run(command, '0000000009');

    expect(stdout).toBe(await recordedOutput(recording));
    expect(stderr).toContain('was allocated to request 100-0000000012');
    expect(exitCode).toBe(0);
  });

  it.each([
    ['hold', '38-hold-unknown'],
    ['delete', '39-delete-unknown'],
    ['delete --now', '39-delete-unknown'],
  ])('%s says when there is no such node', async (command, recording) => {
    await using cli = await openTestCli();

    const { stdout, exitCode } = await cli.run(...command.split(' '), '9999999999');

    expect(stdout).toBe(await recordedOutput(recording));
    expect(exitCode).toBe(0);
    expect((await cli.store.nodes.list()).unreadable).toEqual([]);
  });

  it.each(['hold', 'delete'])('%s gives up after five seconds when another keeps the lock', async (command) => {
    await using cli = await openTestCli();
    const other = await cli.store.nodes.create(aNode());

    const running = cli.run(command, other.id);
    await cli.clock.advance(5_000);
    const { exitCode, stdout, stderr } = await running;

    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^nodepool: error: node \d{10} is locked by another process.*\n$/);
    expect((await cli.store.nodes.get(other.id))?.record.state).toBe('building');
  });

  it.each(['init', 'building'] as const)('warn of a node that is %s', async (state) => {
    await using cli = await openTestCli();
    const id = await addNode(cli, state);

    expect((await cli.run('hold', id)).stderr).toBe(
      `nodepool: warning: node ${id} was ${state}: its launch had not ended\n`,
    );
  });

  it('accept any state and leave the node unlocked', async () => {
    await using cli = await openTestCli();
    const id = await addNode(cli, 'used');

    await cli.run('hold', id);

    const { nodes } = await cli.store.nodes.list();
    expect(nodes.map(({ record, locked }) => [record.state, locked])).toEqual([['hold', false]]);
  });
});

describe('erase', () => {
  it('does nothing unless it is told to', async () => {
    for (const answers of [[], ['n'], ['yes, I think']]) {
      await using cli = await openTestCli({ answers });
      await restoreTree(cli.zk);
      const before = await cli.run('list');

      const { stdout, exitCode } = await cli.run('erase', 'fake-provider2');

      expect(stdout).toBe(await recordedOutput('62-erase-no'));
      expect(exitCode).toBe(0);
      expect(await cli.run('list')).toEqual(before);
    }
  });

  it.each([
    ['when confirmed', ['erase', 'fake-provider2'], ['y']],
    ['with --force', ['erase', '--force', 'fake-provider2'], []],
  ])('removes nodes and uploads of the provider, and nothing else, %s', async (_, argv, answers) => {
    await using cli = await openTestCli({ answers });
    await restoreTree(cli.zk);

    const { stdout, exitCode } = await cli.run(...argv);

    expect(stdout.endsWith(await recordedOutput('63-erase-force'))).toBe(true);
    expect(exitCode).toBe(0);
    const { nodes } = await cli.store.nodes.list();
    expect(nodes).toHaveLength(9);
    expect(nodes.every(({ record }) => record.provider === 'fake-provider')).toBe(true);
    const uploads = await cli.store.images.uploads('fake-image2');
    expect(uploads.map(({ record }) => record.provider)).toEqual(['fake-provider']);
  });
});
