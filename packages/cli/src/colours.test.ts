import { aNode } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { wantsColours } from './colours.js';
import { openTestCli } from './testing/index.js';

describe('colours', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
  ])('with %j and terminal %j: %j', (env, isTerminal, expected) => {
    expect(wantsColours(env, isTerminal)).toBe(expected);
  });

  it('leave the table as it is otherwise', async () => {
    const tables = await Promise.all([true, false].map((colours) => listOneNode(colours)));

    expect(tables[0]).toContain('\u001b[33mbuilding\u001b[0m');
    expect(tables[0]?.replace('\u001b[33m', '').replace('\u001b[0m', '')).toBe(tables[1]);
  });

  it('never get into JSON', async () => {
    expect(await listOneNode(true, '--format', 'json')).not.toContain('\u001b');
  });
});

async function listOneNode(colours: boolean, ...options: readonly string[]): Promise<string> {
  await using cli = await openTestCli({ colours });
  const { id: _, ...node } = aNode({ state: 'building' });
  await cli.store.nodes.create(node);
  return (await cli.run('list', ...options)).stdout;
}
