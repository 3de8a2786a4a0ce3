import { aDiskimage } from '@nodepool/config/testing';
import { describe, expect, it } from 'vitest';

import { decideBuilds } from './decide.js';
import type { ImageToBuild } from './view.js';

const nowMs = 1_000_000_000;
const daySec = 86_400;

function anImage(overrides: Partial<ImageToBuild> = {}): ImageToBuild {
  return {
    diskimage: aDiskimage(),
    formats: ['qcow2'],
    paused: false,
    newestReady: aReadyBuild(),
    requestedAtMs: undefined,
    building: false,
    delayMs: 0,
    ...overrides,
  };
}

function aReadyBuild(ageSec = 100): NonNullable<ImageToBuild['newestReady']> {
  return { id: 'b1', stateTimeSec: nowMs / 1000 - ageSec, formats: ['qcow2'] };
}

const reasons = (...images: readonly ImageToBuild[]): readonly string[] =>
  decideBuilds({ images, freeWorkers: 9 }, nowMs).actions.map(({ reason }) => reason);

describe('an image is built', () => {
  it.each<[string, Partial<ImageToBuild>]>([
    ['first', { newestReady: undefined }],
    ['age', { newestReady: aReadyBuild(daySec) }],
    ['missing-format', { formats: ['qcow2', 'raw'] }],
    ['requested', { requestedAtMs: 5 }],
    ['requested', { requestedAtMs: 5, newestReady: undefined }],
  ])('for the reason: %s', (reason, image) => {
    expect(reasons(anImage(image))).toEqual([reason]);
  });
});

describe('an image is not built', () => {
  it.each<[string, Partial<ImageToBuild>]>([
    ['while its newest build is young', {}],
    ['while its newest build has more formats than wanted', { formats: [] }],
    ['while it is paused', { paused: true, newestReady: undefined, requestedAtMs: 5 }],
    ['while no format is known', { formats: [], newestReady: undefined, requestedAtMs: 5 }],
    ['while anybody builds it', { building: true, newestReady: undefined }],
    ['until the delay after a failure is over', { delayMs: 1, newestReady: undefined }],
    ['when the clock was set back', { newestReady: aReadyBuild(-10 * daySec) }],
  ])('%s', (_, image) => {
    expect(reasons(anImage(image))).toEqual([]);
  });
});

describe('the next look', () => {
  it.each<[string, readonly ImageToBuild[], number]>([
    ['is a slow sweep when nothing is due', [anImage()], 60_000],
    ['comes when the first build gets too old', [anImage(), anImage({ newestReady: aReadyBuild(daySec - 7) })], 7_000],
    ['comes when a delay is over', [anImage({ newestReady: undefined, delayMs: 4_000 })], 4_000],
    ['comes soon while a lock may be busy', [anImage({ newestReady: undefined })], 10_000],
  ])('%s', (_, images, expectedMs) => {
    expect(decideBuilds({ images, freeWorkers: 1 }, nowMs).recheckAfterMs).toBe(expectedMs);
  });
});

it('starts no more builds than workers are free, in the order of the configuration', () => {
  const images = ['a', 'b', 'c'].map((name) => anImage({ diskimage: aDiskimage({ name }), newestReady: undefined }));

  const { actions } = decideBuilds({ images, freeWorkers: 2 }, nowMs);

  expect(actions.map(({ diskimage }) => diskimage.name)).toEqual(['a', 'b']);
});
