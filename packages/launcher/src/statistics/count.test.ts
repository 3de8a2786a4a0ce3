import { aNode, aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { countEverything } from './count.js';

const pools = [
  { name: 'main', providerName: 'cloud-a', supportedLabels: ['small', 'large'] },
  { name: 'other', providerName: 'cloud-b', supportedLabels: ['small'] },
];

describe('the counts', () => {
  it('are by state, over all, by label and by provider', () => {
    const nodes = [
      aNode({ state: 'ready', type: ['small', 'large'] }),
      aNode({ state: 'in-use', type: ['small'] }),
      aNode({ state: 'ready', type: ['gone'], provider: null }),
    ];

    const counts = countEverything({ nodes, requests: [], pools });

    expect(counts.nodes).toMatchObject({ ready: 2, 'in-use': 1, building: 0 });
    expect(counts.byLabel.get('small')).toMatchObject({ ready: 1, 'in-use': 1 });
    expect(counts.byLabel.get('gone')).toMatchObject({ ready: 1 });
    expect(counts.byProvider.get('cloud-a')).toMatchObject({ ready: 1, 'in-use': 1 });
  });

  it('show zeros for what registered pools have none of', () => {
    const counts = countEverything({ nodes: [], requests: [], pools });

    expect(counts.byLabel.get('large')).toMatchObject({ ready: 0 });
    expect(counts.byProvider.get('cloud-b')).toMatchObject({ ready: 0 });
  });

  it('give each pool the requests whose labels it has', () => {
    const requests = [
      aRequest({ nodeTypes: ['small'] }),
      aRequest({ nodeTypes: ['small', 'large'], state: 'pending' }),
    ];

    expect(countEverything({ nodes: [], requests, pools }).addressable).toEqual([
      { provider: 'cloud-a', pool: 'main', requests: 2 },
      { provider: 'cloud-b', pool: 'other', requests: 1 },
    ]);
  });

  it('are of requests by state, with the oldest that is open', () => {
    const requests = [
      aRequest({ state: 'fulfilled', createdTimeSec: 50 }),
      aRequest({ state: 'pending', createdTimeSec: 120 }),
      aRequest({ createdTimeSec: 100 }),
      aRequest({ createdTimeSec: null }),
    ];

    const counts = countEverything({ nodes: [], requests, pools });

    expect(counts.requests).toEqual({ requested: 2, pending: 1, fulfilled: 1, failed: 0 });
    expect(counts.oldestSec).toBe(100);
  });
});
