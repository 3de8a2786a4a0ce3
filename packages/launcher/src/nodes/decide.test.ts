import { describe, expect, it } from 'vitest';
import { decideNode, type NodeView } from './decide.js';

function aView(overrides: Partial<NodeView> = {}): NodeView {
  return {
    reuse: true,
    forStock: false,
    az: undefined,
    idle: [],
    needed: { instances: 1 },
    room: { providerFigure: {}, providerUsed: {}, poolLimits: {}, poolUsed: {} },
    spare: undefined,
    makingRoom: false,
    ...overrides,
  };
}

const idle = [
  { id: 'oldest', az: 'zone-1' },
  { id: 'newest', az: 'zone-2' },
];
const full = { providerFigure: {}, providerUsed: {}, poolLimits: { instances: 2 }, poolUsed: { instances: 2 } };

const atLimit = { name: 'acme', limits: { instances: 2 }, used: { instances: 2 } };

const cases: readonly { readonly name: string; readonly view: Partial<NodeView>; readonly decision: object }[] = [
  {
    name: 'reuses the longest idle node before it launches',
    view: { idle },
    decision: { kind: 'reuse', node: idle[0] },
  },
  {
    name: 'reuses idle nodes even without room',
    view: { idle, room: full },
    decision: { kind: 'reuse', node: idle[0] },
  },
  {
    name: 'leaves a request whose tenant may have no more, rather than launch or reuse for it',
    view: { idle, tenant: atLimit },
    decision: { kind: 'release', because: 'tenant' },
  },
  {
    name: 'gives a tenant at its limit what counts for it already',
    view: { tenant: atLimit, promised: [{ id: 'own', az: null, tenantName: 'acme', ofRequest: true }] },
    decision: { kind: 'reuse', node: { id: 'own', az: null, tenantName: 'acme', ofRequest: true } },
  },
  {
    name: 'neither waits nor makes room for a tenant that may have no more',
    view: { room: full, spare: idle[0], tenant: atLimit },
    decision: { kind: 'release', because: 'tenant' },
  },
  {
    name: 'launches for a tenant up to its limit',
    view: { tenant: { ...atLimit, used: { instances: 1 } } },
    decision: { kind: 'launch' },
  },
  {
    name: 'refuses an idle node of another zone once the zone is settled',
    view: { idle, az: 'zone-2' },
    decision: { kind: 'reuse', node: idle[1] },
  },
  {
    name: 'launches when every idle node is in another zone',
    view: { idle, az: 'zone-3' },
    decision: { kind: 'launch' },
  },
  {
    name: 'prefers a node that the request had already, even if it wants new ones, whatever its zone',
    view: { idle, reuse: false, az: 'zone-2', promised: [{ id: 'own', az: 'zone-1', ofRequest: true }] },
    decision: { kind: 'reuse', node: { id: 'own', az: 'zone-1', ofRequest: true } },
  },
  {
    name: 'carries on with a half-made node before it launches another, room or not',
    view: { room: full, unfinished: [{ id: 'half-made', az: null }] },
    decision: { kind: 'resume', node: { id: 'half-made', az: null } },
  },
  {
    name: 'reuses an idle node before it carries on with a half-made one',
    view: { idle, unfinished: [{ id: 'half-made', az: null }] },
    decision: { kind: 'reuse', node: idle[0] },
  },
  {
    name: 'refuses a half-made node of an unknown zone once the zone is settled',
    view: { az: 'zone-1', unfinished: [{ id: 'half-made', az: null }] },
    decision: { kind: 'launch' },
  },
  {
    name: 'leaves the request to others where nothing is launched and nothing is idle',
    view: { onlyExisting: true },
    decision: { kind: 'release', because: 'no-nodes' },
  },
  { name: 'launches when the request wants new nodes', view: { idle, reuse: false }, decision: { kind: 'launch' } },
  {
    name: 'deletes the longest idle node of another label when there is no room',
    view: { room: full, spare: { id: 'spare', az: null } },
    decision: { kind: 'make-room', nodeId: 'spare' },
  },
  {
    name: 'does not delete a second idle node while the first is on its way out',
    view: { room: full, spare: { id: 'spare', az: null }, makingRoom: true },
    decision: { kind: 'pause', exceeded: ['instances'] },
  },
  { name: 'pauses when there is no room', view: { room: full }, decision: { kind: 'pause', exceeded: ['instances'] } },
  {
    name: 'never waits for the standing stock',
    view: { room: full, forStock: true, spare: { id: 'spare', az: null } },
    decision: { kind: 'decline', exceeded: ['instances'] },
  },
  {
    name: "counts the provider's limits",
    view: { room: { ...full, poolLimits: {}, providerFigure: { instances: 5 }, providerUsed: { instances: 5 } } },
    decision: { kind: 'pause', exceeded: ['instances'] },
  },
  {
    name: "does not count the provider's limits where the pool ignores them",
    view: { room: { ...full, poolLimits: {}, providerFigure: undefined, providerUsed: { instances: 5 } } },
    decision: { kind: 'launch' },
  },
];

describe('the node for a label', () => {
  it.each(cases)('$name', ({ view, decision }) => {
    expect(decideNode(aView(view))).toEqual(decision);
  });
});
