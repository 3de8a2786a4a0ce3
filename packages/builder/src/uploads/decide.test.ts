import { aDiskimage } from '@nodepool/config/testing';
import { aBuild } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';

import { decideUploads } from './decide.js';
import type { UploadCandidate } from './view.js';

function aCandidate(overrides: Partial<UploadCandidate> = {}): UploadCandidate {
  return {
    provider: 'cloud-a',
    diskimage: aDiskimage(),
    paused: false,
    format: 'qcow2',
    build: aBuild({ id: 'b1', formats: ['qcow2', 'raw'] }),
    localFormats: ['qcow2', 'raw'],
    uploaded: false,
    heldBack: false,
    running: false,
    delayMs: 0,
    ...overrides,
  };
}

const decide = (candidates: readonly UploadCandidate[], freeWorkers = 9, running: Record<string, number> = {}) =>
  decideUploads({ candidates, freeWorkers, runningByProvider: new Map(Object.entries(running)) });

it('uploads the newest ready build', () => {
  expect(decide([aCandidate()]).actions).toEqual([
    { kind: 'upload', image: 'debian', buildId: 'b1', provider: 'cloud-a' },
  ]);
});

it('tries although the file is missing, so that somebody is told', () => {
  expect(decide([aCandidate({ localFormats: ['raw'] })]).actions).toHaveLength(1);
});

describe('nothing is uploaded', () => {
  it.each<[string, Partial<UploadCandidate>]>([
    ['to a provider that is paused', { paused: true }],
    ['before a build is ready', { build: undefined, localFormats: undefined }],
    ['that another builder has', { localFormats: undefined }],
    ['that the provider has already', { uploaded: true }],
    ['that is under way', { running: true }],
    ['in a format that was not built', { format: 'vhd' }],
    [
      'whose file was removed after its uploads',
      { diskimage: aDiskimage({ deleteAfterUpload: true }), localFormats: ['raw'] },
    ],
    ['before the delay after a failure is over', { delayMs: 1 }],
  ])('%s', (_, candidate) => {
    expect(decide([aCandidate(candidate)]).actions).toEqual([]);
  });
});

describe('workers', () => {
  const three = ['cloud-a', 'cloud-b'].flatMap((provider) =>
    ['x', 'y', 'z'].map((name) => aCandidate({ provider, diskimage: aDiskimage({ name }) })),
  );

  it('are shared out between providers', () => {
    expect(decide(three, 4).actions.map(({ provider, image }) => `${provider} ${image}`)).toEqual([
      'cloud-a x',
      'cloud-b x',
      'cloud-a y',
      'cloud-b y',
    ]);
  });

  it('go first to the provider that has the fewest uploads under way', () => {
    expect(decide(three, 2, { 'cloud-a': 2 }).actions.map(({ provider }) => provider)).toEqual(['cloud-b', 'cloud-b']);
  });

  it('are never exceeded', () => {
    expect(decide(three, 0).actions).toEqual([]);
  });
});

it.each<[string, readonly UploadCandidate[], number]>([
  ['is a slow sweep when nothing waits', [], 60_000],
  ['comes when a delay is over', [aCandidate({ delayMs: 3_000 })], 3_000],
  ['comes soon while a lock may be busy', [aCandidate()], 10_000],
])('the next look %s', (_, candidates, expectedMs) => {
  expect(decide(candidates).recheckAfterMs).toBe(expectedMs);
});
