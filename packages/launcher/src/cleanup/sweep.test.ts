import { silentLogger } from '@nodepool/runtime';
import { FakeClock } from '@nodepool/runtime/testing';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { Sweep, type SweepView } from './sweep.js';

const quiet: SweepView = { online: true, isOurTurn: true, sinceLocksMs: 0, empty: [] };

async function aSweep(): Promise<Sweep> {
  const clock = new FakeClock();
  const { store } = openMemoryStore({ clock });
  const caches = await store.openCaches({ resourcesOf: () => ({}) });
  const turns = { delayMs: () => 0 };
  return new Sweep({ store, caches, clock, log: silentLogger, turns, online: () => true, onSweep: () => undefined });
}

describe('the sweep', () => {
  it.each<[string, Partial<SweepView>, readonly string[]]>([
    ['looks at everything again', {}, ['look-again']],
    ['looks for stale locks once an hour', { sinceLocksMs: 3_600_000 }, ['look-again', 'remove-stale-locks']],
    ['does nothing without a session', { online: false, sinceLocksMs: 3_600_000 }, []],
    ['leaves locks to the launcher whose turn it is', { isOurTurn: false, sinceLocksMs: 3_600_000 }, ['look-again']],
    [
      'removes node znodes that have been empty for a while',
      { empty: [{ id: '1', mtimeMs: 0 }] },
      ['look-again', 'remove-empty-node'],
    ],
    ['gives a new empty node znode a moment', { empty: [{ id: '1', mtimeMs: 95_000 }] }, ['look-again']],
  ])('%s', async (_what, changes, kinds) => {
    const sweep = await aSweep();

    expect(sweep.decide({ ...quiet, ...changes }, 100_000).actions.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('counts the hour from its last look for locks', async () => {
    const sweep = await aSweep();
    const before = sweep.observe().sinceLocksMs;

    await sweep.execute({ kind: 'remove-stale-locks' });

    expect([before, sweep.observe().sinceLocksMs]).toEqual([Number.POSITIVE_INFINITY, 0]);
  });
});
