import type { Node } from '@nodepool/model';
import { aNode, aRequest } from '@nodepool/model/testing';
import { FakeClock } from '@nodepool/runtime/testing';
import type { Store } from '@nodepool/store';
import { openMemoryStore } from '@nodepool/store/memory';
import { describe, expect, it } from 'vitest';
import { reuseNode } from './acquire.js';
import type { PoolContext } from './pool-context.js';

const request = aRequest({ id: '100-0000000001', tenantName: 'acme', requestor: 'zuul' });

async function aStoredNode(store: Store, fields: Partial<Node>): Promise<Node> {
  const held = await store.nodes.create(aNode({ type: ['small', 'tiny'], allocatedTo: null, ...fields }));
  await held.updateAndRelease({ state: fields.state ?? 'ready' });
  return held.node;
}

/** As a pool worker decides for it: on a view that may be older than the record. */
function reuse(store: Store, node: Pick<Node, 'id' | 'az'>) {
  const context = { store, claimedNodes: new Set([node.id]) } as Partial<PoolContext> as PoolContext;
  return { context, acquired: reuseNode(node, 'small', request, context) };
}

describe('an idle node that a request is to have', () => {
  it('is locked, and promised to the request in the name of its tenant', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock() });
    const node = await aStoredNode(store, {});

    const { context, acquired } = reuse(store, node);

    const change = { allocatedTo: request.id, tenantName: 'acme', requestor: 'zuul' };
    expect(await acquired).toMatchObject({ kind: 'node', change, launched: null });
    expect(await store.nodes.lock(node.id)).toBeUndefined();
    expect(context.claimedNodes.size).toBe(0);
  });

  it('and that was promised to it before is taken all the same', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock() });
    const node = await aStoredNode(store, { allocatedTo: request.id });

    expect(await reuse(store, node).acquired).toMatchObject({ kind: 'node' });
  });

  it.each<[string, Partial<Node>]>([
    ['promised to another request', { allocatedTo: '100-0000000002' }],
    ['given up', { state: 'deleting' }],
    ['in use', { state: 'in-use' }],
    ['relabelled', { type: ['tiny'] }],
  ])('and has been %s meanwhile is left alone, unlocked', async (_how, fields) => {
    const { store } = openMemoryStore({ clock: new FakeClock() });
    const node = await aStoredNode(store, fields);

    const { context, acquired } = reuse(store, node);

    expect(await acquired).toEqual({ kind: 'again', without: node.id });
    const held = await store.nodes.lock(node.id);
    expect(held?.node).toMatchObject(fields);
    expect(context.claimedNodes.size).toBe(0);
  });

  it('and that somebody has locked is left alone', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock() });
    const node = await aStoredNode(store, {});
    await store.nodes.lock(node.id);

    expect(await reuse(store, node).acquired).toEqual({ kind: 'again', without: node.id });
  });

  it('and that is gone is looked for elsewhere', async () => {
    const { store } = openMemoryStore({ clock: new FakeClock() });

    expect(await reuse(store, { id: '0000000099', az: null }).acquired).toEqual({
      kind: 'again',
      without: '0000000099',
    });
  });
});
