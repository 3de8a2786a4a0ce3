import { aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { decideRequest, type RequestView, refuse } from './decide.js';
import type { PoolView } from './decline-reasons.js';
import type { RegisteredPool } from './registered-pools.js';

const own = 'pool-own';

function aPoolView(overrides: Partial<PoolView> = {}): PoolView {
  const label = { needed: { instances: 1, cores: 2 }, brokenBecause: undefined, hasImage: true };
  return {
    id: own,
    provider: 'cloud-a',
    priority: 100,
    labels: new Map([
      ['small', label],
      ['large', label],
    ]),
    limits: {},
    providerFigure: {},
    ...overrides,
  };
}

function registered(overrides: Partial<RegisteredPool> = {}): RegisteredPool {
  return {
    id: own,
    provider: 'cloud-a',
    labels: new Set(['small', 'large']),
    priority: 100,
    paused: false,
    ...overrides,
  };
}

const other = (overrides: Partial<RegisteredPool> = {}): RegisteredPool =>
  registered({ id: 'pool-other', provider: 'cloud-b', ...overrides });

function aView(overrides: Partial<RequestView> = {}): RequestView {
  return {
    request: aRequest(),
    pool: aPoolView(),
    stopping: false,
    registered: [registered()],
    labelQuota: undefined,
    tenant: undefined,
    paused: false,
    activeLaunches: 0,
    maxConcurrency: -1,
    ...overrides,
  };
}

interface Case {
  readonly name: string;
  readonly view: Partial<RequestView>;
  readonly verdict: object;
}

const cases: readonly Case[] = [
  { name: 'accepts what it can serve', view: {}, verdict: { kind: 'accept' } },
  {
    name: 'leaves everything alone while max-concurrency is 0',
    view: { maxConcurrency: 0 },
    verdict: { kind: 'leave', because: 'disabled' },
  },
  { name: 'leaves requests while stopping', view: { stopping: true }, verdict: { kind: 'leave', because: 'stopping' } },
  {
    name: 'leaves requests that somebody has in hand',
    view: { request: aRequest({ state: 'pending' }) },
    verdict: { kind: 'leave', because: 'not-requested' },
  },
  {
    name: 'leaves requests that it has declined',
    view: { request: aRequest({ declinedBy: [own] }), registered: [registered(), other()] },
    verdict: { kind: 'leave', because: 'declined-before' },
  },
  {
    name: 'fails requests that it has declined once the last other pool is gone',
    view: { request: aRequest({ declinedBy: [own, 'pool-gone'] }) },
    verdict: { kind: 'decline', reasons: ['every registered pool has declined it'] },
  },
  {
    name: 'yields to the provider that the request prefers',
    view: { request: aRequest({ provider: 'cloud-b' }), registered: [registered(), other()] },
    verdict: { kind: 'yield', because: 'provider' },
  },
  {
    name: 'yields to the preferred provider even while that one is paused',
    view: { request: aRequest({ provider: 'cloud-b' }), registered: [registered(), other({ paused: true })] },
    verdict: { kind: 'yield', because: 'provider' },
  },
  {
    name: 'ignores the preference once that provider is gone',
    view: { request: aRequest({ provider: 'cloud-b' }) },
    verdict: { kind: 'accept' },
  },
  {
    name: 'ignores the preference for a provider that lacks the label',
    view: {
      request: aRequest({ provider: 'cloud-b' }),
      registered: [registered(), other({ labels: new Set(['large']) })],
    },
    verdict: { kind: 'accept' },
  },
  {
    name: 'ignores the preference for a provider that has declined',
    view: {
      request: aRequest({ provider: 'cloud-b', declinedBy: ['pool-other'] }),
      registered: [registered(), other()],
    },
    verdict: { kind: 'accept' },
  },
  {
    name: 'yields to a pool of better priority',
    view: { registered: [registered(), other({ priority: 50 })] },
    verdict: { kind: 'yield', because: 'priority' },
  },
  {
    name: 'does not yield to a better priority when its provider is the preferred one',
    view: { request: aRequest({ provider: 'cloud-a' }), registered: [registered(), other({ priority: 50 })] },
    verdict: { kind: 'accept' },
  },
  {
    name: 'yields to a better priority within the preferred provider',
    view: {
      request: aRequest({ provider: 'cloud-a' }),
      registered: [registered(), other({ provider: 'cloud-a', priority: 50 })],
    },
    verdict: { kind: 'yield', because: 'priority' },
  },
  {
    name: 'takes over when the pool of better priority is paused',
    view: { registered: [registered(), other({ priority: 50, paused: true })] },
    verdict: { kind: 'accept' },
  },
  {
    name: 'does not yield to a pool of equal priority',
    view: { registered: [registered(), other({ priority: 100 })] },
    verdict: { kind: 'accept' },
  },
  {
    name: 'defers a label that it lacks while another pool may serve it',
    view: {
      request: aRequest({ nodeTypes: ['huge'] }),
      registered: [registered(), other({ labels: new Set(['huge']) })],
    },
    verdict: { kind: 'defer', because: 'label-missing' },
  },
  {
    name: 'declines a label that no pool has',
    view: { request: aRequest({ nodeTypes: ['huge'] }), registered: [registered(), other()] },
    verdict: { kind: 'decline', reasons: ['label huge is not in the pool'] },
  },
  {
    name: 'declines a label that it lacks once all who have it declined',
    view: {
      request: aRequest({ nodeTypes: ['huge'], declinedBy: ['pool-other'] }),
      registered: [registered(), other({ labels: new Set(['huge']) })],
    },
    verdict: { kind: 'decline', reasons: ['label huge is not in the pool'] },
  },
  {
    name: 'defers when no node of a label is left where nodes are not made',
    view: { labelQuota: new Map([['small', 0]]) },
    verdict: { kind: 'defer', because: 'label-quota' },
  },
  {
    name: 'accepts while a node of the label is left',
    view: { labelQuota: new Map([['small', 1]]) },
    verdict: { kind: 'accept' },
  },
  {
    name: 'defers what would break a limit of the tenant',
    view: { tenant: { limits: { cores: 5 }, used: { cores: 4 } } },
    verdict: { kind: 'defer', because: 'tenant' },
  },
  {
    name: 'accepts up to the limit of the tenant',
    view: { tenant: { limits: { cores: 6 }, used: { cores: 4 } } },
    verdict: { kind: 'accept' },
  },
  {
    name: 'counts all nodes of the request against the tenant',
    view: {
      request: aRequest({ nodeTypes: ['small', 'small'] }),
      tenant: { limits: { instances: 1 }, used: {} },
    },
    verdict: { kind: 'defer', because: 'tenant' },
  },
  {
    name: 'declines everything while max-servers is 0',
    view: { pool: aPoolView({ limits: { instances: 0 } }) },
    verdict: { kind: 'decline', reasons: ['pool is disabled by max-servers'] },
  },
  {
    name: 'declines a label that the cloud refuses for good',
    view: {
      pool: aPoolView({
        labels: new Map([['small', { needed: {}, brokenBecause: 'no such flavor', hasImage: true }]]),
      }),
    },
    verdict: { kind: 'decline', reasons: ['label small is broken: no such flavor'] },
  },
  {
    name: 'declines a label without an image',
    view: {
      pool: aPoolView({
        labels: new Map([['small', { needed: { instances: 1 }, brokenBecause: undefined, hasImage: false }]]),
      }),
    },
    verdict: { kind: 'decline', reasons: ['label small has no image'] },
  },
  {
    name: 'declines what cannot fit into an idle pool',
    view: { request: aRequest({ nodeTypes: ['small', 'large'] }), pool: aPoolView({ limits: { instances: 1 } }) },
    verdict: { kind: 'decline', reasons: ['request needs more instances than there are'] },
  },
  {
    name: 'declines what cannot fit into an idle provider',
    view: { pool: aPoolView({ providerFigure: { cores: 1 } }) },
    verdict: { kind: 'decline', reasons: ['request needs more cores than there are'] },
  },
  {
    name: 'does not look at the provider where the pool ignores its quota',
    view: { pool: aPoolView({ providerFigure: undefined }) },
    verdict: { kind: 'accept' },
  },
  { name: 'waits while a request is paused', view: { paused: true }, verdict: { kind: 'wait', because: 'paused' } },
  {
    name: 'declines even while a request is paused',
    view: { paused: true, pool: aPoolView({ limits: { instances: 0 } }) },
    verdict: { kind: 'decline', reasons: ['pool is disabled by max-servers'] },
  },
  {
    name: 'waits when as many launches run as max-concurrency allows',
    view: { activeLaunches: 2, maxConcurrency: 2 },
    verdict: { kind: 'wait', because: 'concurrency' },
  },
  {
    name: 'accepts below max-concurrency',
    view: { activeLaunches: 1, maxConcurrency: 2 },
    verdict: { kind: 'accept' },
  },
];

describe('a pool worker', () => {
  it.each(cases)('$name', ({ view, verdict }) => {
    expect(decideRequest(aView(view))).toEqual(verdict);
  });
});

describe('a refusal', () => {
  it('leaves the request open while some pool has not refused it', () => {
    expect(refuse(aRequest(), own, [registered(), other()])).toEqual({ state: 'requested', declinedBy: [own] });
  });

  it('fails the request when every registered pool has refused it, those without its labels included', () => {
    const pools = [registered(), other({ labels: new Set() })];

    expect(refuse(aRequest({ declinedBy: ['pool-other'] }), own, pools)).toEqual({
      state: 'failed',
      declinedBy: ['pool-other', own],
    });
  });

  it('keeps the ids of pools that are gone', () => {
    expect(refuse(aRequest({ declinedBy: ['pool-gone'] }), own, [registered()])).toEqual({
      state: 'failed',
      declinedBy: ['pool-gone', own],
    });
  });

  it('names each pool once', () => {
    expect(refuse(aRequest({ declinedBy: [own] }), own, [registered()]).declinedBy).toEqual([own]);
  });
});
