import { aBuild, anUpload } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import type { ImageRecords } from '../records.js';
import { assertBuildMayGo, assertFilesMayGo, assertUploadMayGo } from './guard.js';

const builds = [1, 2, 3].map((number) => aBuild({ id: `b${number}`, stateTimeSec: number }));
const uploads = [1, 2, 3].map((number) => anUpload({ id: `${number}`, buildId: `b${number}`, stateTimeSec: number }));
const records: ImageRecords = { image: 'debian', builds, uploads };
const policy = { configured: true, providers: new Set(['cloud-a']) };
const refusal = expect.objectContaining({ code: 'NP_PROTECTED' });

const outcome = (act: () => void): 'goes' | 'stays' => {
  try {
    act();
    return 'goes';
  } catch (error) {
    expect(error).toEqual(refusal);
    return 'stays';
  }
};

describe('the guard before an upload', () => {
  const decide = (number: number, of = records, under = policy): 'goes' | 'stays' =>
    outcome(() =>
      assertUploadMayGo(of, under, {
        image: 'debian',
        buildId: `b${number}`,
        provider: 'cloud-a',
        uploadId: `${number}`,
      }),
    );

  it('holds back the two newest of a provider', () => {
    expect([1, 2, 3].map((number) => decide(number))).toEqual(['goes', 'stays', 'stays']);
  });

  it('lets go of what an operator has given up, and holds back the next one instead', () => {
    const deleted = {
      ...records,
      builds: builds.map((build) => (build.id === 'b3' ? { ...build, state: 'deleting' as const } : build)),
    };

    expect([1, 2, 3].map((number) => decide(number, deleted))).toEqual(['stays', 'stays', 'goes']);
  });

  it('lets go of all when the provider or the configuration no longer has the image', () => {
    expect(decide(3, records, { ...policy, providers: new Set() })).toBe('goes');
    expect(decide(3, records, { ...policy, configured: false })).toBe('goes');
  });
});

describe('the guard before a build', () => {
  const decide = (number: number, of: Partial<ImageRecords> = {}): 'goes' | 'stays' =>
    outcome(() => assertBuildMayGo({ ...records, ...of }, policy, `b${number}`));

  it('holds back the two newest', () => {
    expect([1, 2, 3].map((number) => decide(number))).toEqual(['goes', 'stays', 'stays']);
  });

  it('holds back one of which a provider uses an upload', () => {
    expect(decide(1, { uploads: uploads.slice(0, 2) })).toBe('stays');
  });
});

describe('the guard before files', () => {
  const decide = (of: Partial<ImageRecords>): 'goes' | 'stays' =>
    outcome(() => assertFilesMayGo({ ...records, ...of }, 'b1'));
  const inState = (state: 'building' | 'failed' | 'deleting') => [aBuild({ id: 'b1', state })];

  it.each([
    ['stays', 'of a build that is ready', { uploads: [] }],
    ['stays', 'of a build under way', { builds: inState('building'), uploads: [] }],
    ['stays', 'while an upload is being deleted', { builds: inState('deleting') }],
    ['stays', 'while an upload is recorded of a build that is not', { builds: [] }],
    ['goes', 'of a build being deleted', { builds: inState('deleting'), uploads: [] }],
    ['goes', 'of a failed build', { builds: inState('failed'), uploads: [] }],
    ['goes', 'without any record', { builds: [], uploads: [] }],
  ])('%s: files %s', (expected, _, of) => {
    expect(decide(of)).toBe(expected);
  });
});
