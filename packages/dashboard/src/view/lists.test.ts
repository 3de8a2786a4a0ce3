import { describe, expect, it } from 'vitest';
import { aNode, aRequest, sampleSec } from '../testing/samples.js';
import { choices, type NodeFilter, nodeList } from './node-list.js';
import { requestList } from './request-list.js';

const everything: NodeFilter = { text: '', state: '', provider: '', label: '' };
const byId = { key: 'id', descending: false } as const;

describe('the list of nodes', () => {
  const nodes = [
    aNode({ id: '3', state: 'ready', labels: ['big'], state_time: 30 }),
    aNode({ id: '1', state: 'hold', provider: 'cloud-b', comment: 'Broken DNS', state_time: 10 }),
    aNode({ id: '2', state: 'in-use', allocated_to: '200-7', state_time: 20 }),
  ];
  const idsOf = (filter: Partial<NodeFilter>, sorting: Parameters<typeof nodeList>[2] = byId): string =>
    nodeList(nodes, { ...everything, ...filter }, sorting)
      .map(({ id }) => id)
      .join('');

  it.each([
    [{}, '123'],
    [{ state: 'ready' }, '3'],
    [{ provider: 'cloud-b' }, '1'],
    [{ label: 'big' }, '3'],
    [{ text: ' broken ' }, '1'],
    [{ text: '200-7' }, '2'],
    [{ text: 'cloud', state: 'hold' }, '1'],
    [{ text: 'nothing' }, ''],
  ])('is narrowed by %o', (filter, ids) => {
    expect(idsOf(filter)).toBe(ids);
  });

  it('is sorted by any column, both ways', () => {
    expect(idsOf({}, { key: 'age', descending: false })).toBe('321');
    expect(idsOf({}, { key: 'age', descending: true })).toBe('123');
    expect(idsOf({}, { key: 'state', descending: false })).toBe('123');
    expect(idsOf({}, { key: 'label', descending: true })).toBe('123');
  });

  it('offers each value once as a choice', () => {
    expect(choices(['b', null, 'a', 'b'])).toEqual(['a', 'b']);
  });
});

describe('the list of requests', () => {
  const requests = [
    aRequest({ id: '200-1', state: 'fulfilled', state_time: sampleSec - 5 }),
    aRequest({ id: '200-2', created_time: sampleSec - 10 }),
    aRequest({ id: '200-3', state: 'pending', created_time: sampleSec - 90, labels: ['big'] }),
    aRequest({ id: '900-4', created_time: sampleSec - 900, requestor: 'NodePool:min-ready' }),
    aRequest({ id: '200-5', state: 'failed', state_time: sampleSec - 1 }),
  ];
  const idsOf = (text: string, state: string): readonly string[] =>
    requestList(requests, { text, state }).map(({ request: { id } }) => id);

  it('begins with who waits longest; the stock and what has ended come after', () => {
    expect(idsOf('', '')).toEqual(['200-3', '200-2', '900-4', '200-5', '200-1']);
  });

  it('is narrowed to open ones, a state, or a word', () => {
    expect(idsOf('', 'open')).toEqual(['200-3', '200-2', '900-4']);
    expect(idsOf('', 'failed')).toEqual(['200-5']);
    expect(idsOf('BIG', '')).toEqual(['200-3']);
  });
});
