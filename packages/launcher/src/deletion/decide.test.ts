import { type NodeState, nodeStates } from '@nodepool/model';
import { aNode } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { type DeletionView, decideDeletion, decideDue, patienceMs } from './decide.js';

function aView(overrides: Partial<DeletionView> = {}): DeletionView {
  return { node: aNode({ state: 'used' }), locked: false, ours: true, requestExists: true, ...overrides };
}

const fates: Readonly<Record<NodeState, string>> = {
  init: 'leave',
  building: 'delete',
  testing: 'leave',
  ready: 'leave',
  'in-use': 'delete',
  used: 'delete',
  hold: 'leave',
  deleting: 'delete',
  failed: 'delete',
  aborted: 'delete',
  deleted: 'remove',
};

describe('an unlocked node', () => {
  it.each(nodeStates)('meets its fate in state %s', (state) => {
    expect(decideDeletion(aView({ node: aNode({ state }) })).kind).toBe(fates[state]);
  });

  it('goes back to the pool when the request that it was promised to is gone', () => {
    const node = aNode({ state: 'ready', allocatedTo: '100-1' });

    expect(decideDeletion(aView({ node, requestExists: false })).kind).toBe('deallocate');
    expect(decideDeletion(aView({ node })).kind).toBe('leave');
  });

  it('ceases to count for a tenant when it is promised to nobody', () => {
    const idle = aNode({ state: 'ready', tenantName: 'acme' });

    expect(decideDeletion(aView({ node: idle })).kind).toBe('deallocate');
    expect(decideDeletion(aView({ node: { ...idle, allocatedTo: '100-1' } })).kind).toBe('leave');
  });

  it('is left alone when its provider is not configured here', () => {
    expect(decideDeletion(aView({ ours: false })).kind).toBe('leave');
    expect(decideDeletion(aView({ ours: false, node: aNode({ state: 'deleted' }) })).kind).toBe('leave');
  });

  it('without a provider is only a record', () => {
    expect(decideDeletion(aView({ ours: false, node: aNode({ state: 'used', provider: null }) })).kind).toBe('remove');
    expect(decideDeletion(aView({ ours: false, node: aNode({ provider: null }) })).kind).toBe('leave');
  });
});

describe('a locked node', () => {
  it.each(nodeStates)('is left alone in state %s', (state) => {
    expect(decideDeletion(aView({ locked: true, node: aNode({ state }) })).kind).toBe('leave');
  });
});

describe('a node that looks abandoned', () => {
  it('is given a moment, because its record may be newer than what the cache shows', () => {
    expect(patienceMs(aNode({ state: 'building' }), 'delete')).toBeGreaterThan(0);
    expect(patienceMs(aNode({ state: 'in-use' }), 'delete')).toBeGreaterThan(0);
    expect(patienceMs(aNode({ state: 'used' }), 'delete')).toBe(0);
  });

  it('is left for a while to the requests that could use it, when its launch can be carried on with', () => {
    const node = aNode({ state: 'building' });

    expect(patienceMs(node, 'resume')).toBeGreaterThan(patienceMs(node, 'delete'));
  });

  it.each([
    ['here', 'resume'],
    ['elsewhere', 'leave'],
    [undefined, 'delete'],
  ] as const)('and could be finished %s: %s', (resumable, kind) => {
    expect(decideDeletion(aView({ node: aNode({ state: 'building' }), resumable })).kind).toBe(kind);
  });
});

describe('marked nodes', () => {
  it('are acted on when they are due', () => {
    const marked = [
      { id: 'due', dueMs: 100 },
      { id: 'late', dueMs: 300 },
      { id: 'soon', dueMs: 150 },
    ];

    expect(decideDue(marked, 100)).toEqual({ actions: ['due'], recheckAfterMs: 50 });
  });

  it('need no timer when nothing waits', () => {
    expect(decideDue([], 100)).toEqual({ actions: [], recheckAfterMs: undefined });
  });
});
