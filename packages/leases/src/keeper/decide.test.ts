import type { Lease } from '@nodepool/model';
import { aNode, aRequest } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { leaseComment } from '../machines.js';
import { decideLease, type LeaseView, rememberedMs, unnamedGraceMs } from './decide.js';

const nowMs = 1_000_000;

function aLease(overrides: Partial<Lease> = {}): Lease {
  return {
    id: 'l1',
    state: 'waiting',
    stateTimeSec: 1_000,
    createdTimeSec: 1_000,
    owner: 'ci',
    labels: ['small'],
    provider: null,
    comment: null,
    ttlSec: 60,
    expiresSec: 1_060,
    requestId: '100-1',
    nodes: [],
    outcome: null,
    reason: null,
    fingerprint: 'f',
    nonce: 'n',
    ...overrides,
  };
}

const request = aRequest({ id: '100-1' });
const machine = aNode({ id: '1', state: 'hold', allocatedTo: '100-1', comment: leaseComment(aLease()) });
const held = aLease({ state: 'active', nodes: ['1'] });

describe('a lease', () => {
  it.each<[string, Partial<LeaseView>, string | undefined, number]>([
    ['waits for its request', { request }, undefined, 1_060_000],
    ['is handed out when that is fulfilled', { request: { ...request, state: 'fulfilled' } }, 'activate', nowMs],
    ['ends when that has failed', { request: { ...request, state: 'failed' } }, 'end', nowMs],
    ['ends when that is gone', {}, 'end', nowMs],
    ['ends when its time is up', { request, lease: aLease({ expiresSec: 1_000 }) }, 'end', nowMs],
    [
      'is left alone while its maker may note the request',
      { lease: aLease({ requestId: null }) },
      undefined,
      nowMs + unnamedGraceMs,
    ],
    [
      'looks for its request after that',
      { lease: aLease({ requestId: null, createdTimeSec: 990 }) },
      'find-request',
      nowMs,
    ],
    ['lasts to its end', { lease: held, nodes: [machine] }, undefined, 1_060_000],
    ['needs its request no more', { lease: held, nodes: [machine], request }, 'drop-request', nowMs],
    ['ends when a machine is gone', { lease: held }, 'end', nowMs],
    ['ends when a machine is deleted', { lease: held, nodes: [{ ...machine, state: 'deleting' }] }, 'end', nowMs],
    [
      'lasts when somebody holds a machine for himself',
      { lease: held, nodes: [{ ...machine, comment: 'mine' }] },
      undefined,
      1_060_000,
    ],
    ['gives back', { lease: aLease({ state: 'releasing' }) }, 'give-back', nowMs],
    [
      'gives back what turns up after its end',
      { lease: aLease({ state: 'released' }), nodes: [machine] },
      'give-back',
      nowMs,
    ],
    [
      'leaves to others what they took',
      { lease: aLease({ state: 'released' }), nodes: [{ ...machine, comment: 'mine' }] },
      undefined,
      nowMs + rememberedMs,
    ],
    ['is remembered for a while', { lease: aLease({ state: 'expired' }) }, undefined, nowMs + rememberedMs],
    [
      'is forgotten',
      { lease: aLease({ state: 'failed', stateTimeSec: 1_000 - rememberedMs / 1000 }) },
      'forget',
      nowMs,
    ],
  ])('%s', (_what, parts, kind, atMs) => {
    const verdict = decideLease({ lease: aLease(), request: undefined, nodes: [], ...parts }, nowMs);

    expect([verdict.step?.kind, verdict.atMs]).toEqual([kind, atMs]);
  });
});
