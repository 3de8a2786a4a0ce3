import { describe, expect, it } from 'vitest';
import { changedProviders } from './changes.js';
import { loadConfig } from './load.js';
import { inMemory } from './testing/index.js';

async function configOf(...providers: readonly object[]) {
  const main = JSON.stringify({ 'zookeeper-servers': [{ host: 'localhost' }], providers });
  return (await loadConfig(inMemory({ main }))).config;
}

describe('changedProviders', () => {
  it('tells added, removed and changed providers apart from those that are the same', async () => {
    const before = await configOf(
      { name: 'same', driver: 'tiny', priority: 1 },
      { name: 'changed', driver: 'tiny' },
      { name: 'removed', driver: 'tiny' },
    );
    const after = await configOf(
      { name: 'added', driver: 'tiny' },
      { priority: 1, driver: 'tiny', name: 'same', 'max-concurrency': -1 },
      { name: 'changed', driver: 'tiny', pools: [{ name: 'new' }] },
    );

    expect(changedProviders(before, after)).toEqual({ added: ['added'], removed: ['removed'], changed: ['changed'] });
  });
});
