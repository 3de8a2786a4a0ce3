import { aNode } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

describe('why', () => {
  it('explains a node, as text and as JSON', async () => {
    await using cli = await openTestCli();
    const { id } = await cli.store.nodes.create(aNode());

    const { stdout } = await cli.run('why', id);
    const json = await cli.run('why', id, '--format', 'json');

    expect(stdout).toContain(`node ${id}\n  building for `);
    expect(JSON.parse(json.stdout)).toMatchObject([{ kind: 'node', name: id }]);
  });

  it('fails for a name that nothing has', async () => {
    await using cli = await openTestCli();

    const { exitCode, stderr } = await cli.run('why', 'nothing');

    expect(exitCode).toBe(1);
    expect(stderr).toContain('is called nothing');
  });
});
