import { addResources, deletableNodeStates, type Node, nodeStates, type Resources } from '@nodepool/model';
import { aNode } from '@nodepool/model/testing';
import type { Stat, TreeEntry } from '@nodepool/zookeeper';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeCodec } from '../codec/node.js';
import { nodeLockPath, nodePath } from '../paths.js';
import type { CacheChange, CachedNode } from '../types.js';
import { WatchedNodes } from './node-cache.js';
import { type IndexedNode, NodeIndex } from './node-index.js';

const fallback: Resources = { instances: 1, cores: 2 };
const newCache = (): WatchedNodes => new WatchedNodes(() => fallback);

function entry(data: Buffer, version = 0): TreeEntry {
  const stat: Stat = {
    czxid: 1n,
    mzxid: 1n,
    pzxid: 1n,
    ctimeMs: 0,
    mtimeMs: 0,
    version,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: data.length,
    numChildren: 0,
  };
  return { data, stat };
}

function nodeEntry(node: Node): TreeEntry {
  const { id: _id, ...stated } = node;
  return entry(nodeCodec.encodeNew(stated));
}

/** A tree that tells the cache of its changes as a watch does. */
class Tree {
  readonly cache = newCache();
  readonly #entries = new Map<string, TreeEntry>();

  put(path: string, value: TreeEntry | undefined): void {
    const previous = this.#entries.get(path);
    if (value === undefined) this.#entries.delete(path);
    else this.#entries.set(path, value);
    this.cache.apply(path, value, previous);
  }

  node(overrides: Partial<Node>): void {
    const node = aNode(overrides);
    this.put(nodePath(node.id), nodeEntry(node));
  }

  contender(id: string, name: string, present: boolean): void {
    this.put(`${nodeLockPath(id)}/${name}`, present ? entry(Buffer.alloc(0)) : undefined);
  }
}

const ids = (nodes: Iterable<CachedNode>): readonly string[] => [...nodes].map(({ record }) => record.id);
const sorted = (values: readonly string[]): readonly string[] => [...values].sort();

describe('WatchedNodes', () => {
  it('offers idle nodes of a pool by label, the longest ready first', () => {
    const tree = new Tree();
    tree.node({ id: '1', stateTimeSec: 30, type: ['small'] });
    tree.node({ id: '2', stateTimeSec: 10, type: ['small', 'big'] });
    tree.node({ id: '3', stateTimeSec: 20, type: ['big'] });
    tree.node({ id: '4', stateTimeSec: 5, allocatedTo: '100-1' });
    tree.node({ id: '5', stateTimeSec: 5, pool: 'other' });
    tree.node({ id: '6', stateTimeSec: 5 });
    tree.contender('6', 'a', true);

    expect(ids(tree.cache.idle('cloud-a', 'main', 'small'))).toEqual(['2', '1']);
    expect(ids(tree.cache.idle('cloud-a', 'main', 'big'))).toEqual(['2', '3']);
    expect(ids(tree.cache.idleInPool('cloud-a', 'main'))).toEqual(['2', '3', '1']);
    expect(tree.cache.readyCount('small')).toBe(4);
  });

  it('takes a node for locked while it has a contender, and tells of nothing in between', () => {
    const tree = new Tree();
    const changes: CacheChange<CachedNode>[] = [];
    tree.node({ id: '1' });
    tree.cache.onChange((change) => void changes.push(change));

    tree.contender('1', 'a', true);
    tree.contender('1', 'b', true);
    tree.contender('1', 'a', false);
    const whileContended = tree.cache.get('1')?.locked;
    tree.contender('1', 'b', false);

    expect(whileContended).toBe(true);
    expect(changes.map(({ before, after }) => [before?.locked, after?.locked])).toEqual([
      [false, true],
      [true, false],
    ]);
  });

  it('knows a contender that came before the record', () => {
    const tree = new Tree();

    tree.contender('1', 'a', true);
    tree.node({ id: '1', state: 'used' });

    expect(tree.cache.get('1')?.locked).toBe(true);
    expect(ids(tree.cache.deletable())).toEqual([]);
  });

  it('keeps unreadable records apart and drops what it knew of them', () => {
    const tree = new Tree();
    tree.node({ id: '1' });

    tree.put(nodePath('1'), entry(Buffer.from('garbage')));
    tree.put(nodePath('2'), entry(Buffer.alloc(0)));
    const found = [...tree.cache.unreadable()];
    tree.put(nodePath('2'), undefined);

    expect(found).toMatchObject([
      { path: nodePath('1'), empty: false, reason: 'not JSON' },
      { path: nodePath('2'), empty: true, reason: 'no data' },
    ]);
    expect(tree.cache.size).toBe(0);
    expect(tree.cache.readyCount('small')).toBe(0);
    expect([...tree.cache.unreadable()]).toHaveLength(1);
  });

  it('counts a node without resources as what it was taken for when it was seen', () => {
    const tree = new Tree();
    tree.node({ id: '1', resources: null });
    tree.node({ id: '2', resources: { instances: 1, cores: 8, ram: 512 } });

    expect(tree.cache.usedByProvider('cloud-a')).toEqual({ instances: 2, cores: 10, ram: 512 });
    tree.put(nodePath('1'), undefined);
    expect(tree.cache.usedByPool('cloud-a', 'main')).toEqual({ instances: 1, cores: 8, ram: 512 });
    tree.put(nodePath('2'), undefined);
    expect(tree.cache.usedByPool('cloud-a', 'main')).toEqual({});
  });

  it('agrees with a full recount after any sequence of changes', async () => {
    const id = fc.constantFrom('0', '1', '2', '3', '4');
    const node = fc.record({
      id,
      state: fc.constantFrom(...nodeStates),
      stateTimeSec: fc.integer({ min: 0, max: 3 }),
      provider: fc.constantFrom('cloud-a', 'cloud-b', null),
      pool: fc.constantFrom('main', 'second', null),
      type: fc.array(fc.constantFrom('small', 'big'), { maxLength: 3 }),
      allocatedTo: fc.constantFrom('100-1', null),
      tenantName: fc.constantFrom('tenant-a', null),
      resources: fc.option(fc.dictionary(fc.constantFrom('cores', 'ram'), fc.integer({ min: 0, max: 9 }))),
    });
    const step = fc.oneof(
      node.map((overrides) => (tree: Tree) => tree.node(overrides)),
      id.map((which) => (tree: Tree) => tree.put(nodePath(which), undefined)),
      id.map((which) => (tree: Tree) => tree.put(nodePath(which), entry(Buffer.from('garbage')))),
      fc.record({ id, name: fc.constantFrom('a', 'b'), present: fc.boolean() }).map(
        ({ id: which, name, present }) =>
          (tree: Tree) =>
            tree.contender(which, name, present),
      ),
    );
    await fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const tree = new Tree();
        for (const run of steps) run(tree);
        expectRecount(tree.cache);
      }),
    );
  });

  it('reads little more for a change among ten thousand nodes than among a hundred', () => {
    expect(readsOfChange(10_000)).toBeLessThan(3 * readsOfChange(100));
  });
});

/** How many properties of records, its own and those of others, are read for a change of one of so many idle nodes. */
function readsOfChange(nodes: number): number {
  let reads = 0;
  const index = new NodeIndex();
  const indexed = (id: string, stateTimeSec: number): IndexedNode => {
    const record = new Proxy(aNode({ id, stateTimeSec }), {
      get: (node, property) => {
        reads += 1;
        return Reflect.get(node, property);
      },
    });
    return { cached: { record, version: 0, ctimeMs: 0, mtimeMs: 0, locked: false }, resources: fallback };
  };
  const chosen = indexed('chosen', 50);
  for (let number = 0; number < nodes; number += 1) index.change(undefined, indexed(String(number), number));
  index.change(undefined, chosen);
  reads = 0;
  index.change(chosen, indexed('chosen', nodes / 2));
  return reads;
}

function expectRecount(cache: WatchedNodes): void {
  const all = [...cache.all()];
  const where = (wanted: (node: Node, cached: CachedNode) => boolean): readonly string[] =>
    sorted(ids(all.filter((cached) => wanted(cached.record, cached))));
  const sum = (wanted: (node: Node) => boolean): Resources =>
    nonZero(
      all
        .filter(({ record }) => wanted(record))
        .reduce<Resources>((total, { record }) => addResources(total, record.resources ?? fallback), {}),
    );
  const isStock = (node: Node): boolean => node.state === 'ready' && node.allocatedTo === null;

  for (const state of nodeStates) expect(sorted(ids(cache.byState(state)))).toEqual(where((n) => n.state === state));
  expect(sorted(ids(cache.allocatedTo('100-1')))).toEqual(where((n) => n.allocatedTo === '100-1'));
  expect(sorted(ids(cache.deletable()))).toEqual(where((n, { locked }) => !locked && deletableNodeStates.has(n.state)));
  expect(nonZero(cache.usedByTenant('tenant-a'))).toEqual(sum((n) => n.tenantName === 'tenant-a'));
  for (const label of ['small', 'big']) {
    expect(cache.readyCount(label)).toBe(where((n) => isStock(n) && n.type.includes(label)).length);
  }
  for (const provider of ['cloud-a', 'cloud-b']) {
    expect(sorted(ids(cache.byProvider(provider)))).toEqual(where((n) => n.provider === provider));
    expect(nonZero(cache.usedByProvider(provider))).toEqual(sum((n) => n.provider === provider));
    for (const pool of ['main', 'second']) {
      const here = (n: Node): boolean => n.provider === provider && n.pool === pool;
      expect(nonZero(cache.usedByPool(provider, pool))).toEqual(sum(here));
      expect(sorted(ids(cache.idleInPool(provider, pool)))).toEqual(
        where((n, { locked }) => here(n) && isStock(n) && !locked),
      );
      const idle = [...cache.idle(provider, pool, 'small')];
      expect(sorted(ids(idle))).toEqual(
        where((n, { locked }) => here(n) && isStock(n) && !locked && n.type.includes('small')),
      );
      const times = idle.map(({ record }) => record.stateTimeSec);
      expect(times).toEqual([...times].sort((left, right) => left - right));
    }
  }
}

function nonZero(resources: Resources): Resources {
  return Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount !== 0));
}
