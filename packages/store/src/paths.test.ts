import { describe, expect, it } from 'vitest';
import { type NodePart, nodeIdOf, nodePartOf } from './paths.js';

describe('nodePartOf', () => {
  it.each<[string, NodePart, string]>([
    ['/nodepool/nodes', 'record', ''],
    ['/nodepool/nodes/0000000001', 'record', '0000000001'],
    ['/nodepool/nodes/0000000001/lock', 'lock', '0000000001'],
    ['/nodepool/nodes/0000000001/lock/x__lock__0000000000', 'contender', '0000000001'],
    ['/nodepool/nodes/0000000001/lock/x/y', 'other', '0000000001'],
    ['/nodepool/nodes/0000000001/locked', 'other', '0000000001'],
    ['/nodepool/nodes/0000000001/locked/x', 'other', '0000000001'],
    ['/nodepool/nodes/0000000001/notes', 'other', '0000000001'],
  ])('tells what %s is', (path, part, id) => {
    expect(nodePartOf(path)).toBe(part);
    expect(nodeIdOf(path)).toBe(id);
  });
});
