import { aNode } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { type AgeView, expiresAtSec, initGraceSec } from './decide.js';

function aView(overrides: Partial<AgeView> = {}): AgeView {
  return {
    node: aNode({ stateTimeSec: 1_000, type: ['small'] }),
    locked: false,
    ours: true,
    maxReadyAgeSec: new Map(),
    maxHoldAgeSec: 0,
    requestExists: false,
    ...overrides,
  };
}

const held = (holdExpirationSec: number | null) => aNode({ state: 'hold', stateTimeSec: 1_000, holdExpirationSec });

describe('the time of a node', () => {
  it.each<[string, Partial<AgeView>, number | undefined]>([
    ['has no end while no max-ready-age is set', {}, undefined],
    ['ends max-ready-age after it became ready', { maxReadyAgeSec: new Map([['small', 60]]) }, 1_060],
    [
      'ends with the shortest age of its labels',
      {
        node: aNode({ stateTimeSec: 1_000, type: ['small', 'large', 'other'] }),
        maxReadyAgeSec: new Map([
          ['small', 60],
          ['large', 30],
          ['other', 0],
        ]),
      },
      1_030,
    ],
    [
      'does not end while it is promised to a request',
      { node: aNode({ allocatedTo: '100-1' }), maxReadyAgeSec: new Map([['small', 60]]) },
      undefined,
    ],
    [
      'does not end while somebody has locked it',
      { locked: true, maxReadyAgeSec: new Map([['small', 60]]) },
      undefined,
    ],
    ['is not ours to end elsewhere', { ours: false, maxReadyAgeSec: new Map([['small', 60]]) }, undefined],
    ['in hold has no end without limits', { node: held(null) }, undefined],
    ['in hold ends with its own limit', { node: held(60) }, 1_060],
    ['in hold ends with the configured limit', { node: held(null), maxHoldAgeSec: 90 }, 1_090],
    ['in hold ends with the shorter of both', { node: held(60), maxHoldAgeSec: 90 }, 1_060],
    ['in hold ignores a limit of 0, which a bad value was read as', { node: held(0), maxHoldAgeSec: 90 }, 1_090],
    [
      'in init ends soon when its request is gone',
      { node: aNode({ state: 'init', stateTimeSec: 1_000, allocatedTo: '100-1' }) },
      1_000 + initGraceSec,
    ],
    [
      'in init does not end while its request exists',
      { node: aNode({ state: 'init', allocatedTo: '100-1' }), requestExists: true },
      undefined,
    ],
    ['in use is not a matter of age', { node: aNode({ state: 'in-use' }), maxHoldAgeSec: 90 }, undefined],
  ])('%s', (_name, overrides, atSec) => {
    expect(expiresAtSec(aView(overrides))).toBe(atSec);
  });
});
