import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRollback } from './plan.js';

const build = (id: string, stateTimeSec: number, more: Partial<ImageBuild> = {}): ImageBuild =>
  aBuild({ id, stateTimeSec, ...more });
const upload = (
  buildId: string,
  provider: string,
  stateTimeSec: number,
  more: Partial<ImageUpload> = {},
): ImageUpload => anUpload({ buildId, provider, stateTimeSec, id: `${stateTimeSec}`, ...more });

const builds = [build('one', 1), build('two', 2), build('three', 3)];
const everywhere = [
  ...builds.map(({ id, stateTimeSec }) => upload(id, 'cloud-a', 10 + stateTimeSec)),
  ...builds.map(({ id, stateTimeSec }) => upload(id, 'cloud-b', 20 + stateTimeSec)),
];

describe('a rollback', () => {
  it('takes back the build in use and says what is used and kept then', () => {
    const plan = planRollback({ builds, uploads: everywhere, provider: undefined });

    expect(plan).toMatchObject({ retired: ['three'], bereft: [], keptBuilds: ['two', 'one'] });
    expect(plan?.uploads.map(({ id }) => id)).toEqual(['13', '23']);
    expect([...(plan?.current ?? [])].map(([provider, current]) => [provider, current?.buildId])).toEqual([
      ['cloud-a', 'two'],
      ['cloud-b', 'two'],
    ]);
    expect(plan?.keptUploads.map(({ id }) => id)).toEqual(['12', '11', '22', '21']);
  });

  it('takes back newer builds with it, which would only follow', () => {
    const uploads = everywhere.filter(({ buildId }) => buildId !== 'three');

    expect(planRollback({ builds, uploads, provider: undefined })?.retired).toEqual(['three', 'two']);
  });

  it('of one provider leaves builds and the other providers alone', () => {
    const plan = planRollback({ builds, uploads: everywhere, provider: 'cloud-b' });

    expect(plan?.uploads.map(({ id }) => id)).toEqual(['23']);
    expect(plan?.current.get('cloud-a')?.buildId).toBe('three');
    expect(plan?.current.get('cloud-b')?.buildId).toBe('two');
    expect(plan?.keptBuilds).toEqual(['three', 'two']);
  });

  it('names the providers that it would leave without an image', () => {
    const uploads = [upload('one', 'cloud-a', 1), upload('two', 'cloud-a', 2), upload('two', 'cloud-b', 3)];

    expect(planRollback({ builds: builds.slice(0, 2), uploads, provider: undefined })?.bereft).toEqual(['cloud-b']);
  });

  it('does not count on uploads of builds that are going already', () => {
    const going = [build('one', 1, { state: 'deleting' }), build('two', 2)];
    const uploads = [upload('one', 'cloud-a', 1), upload('two', 'cloud-a', 2)];

    expect(planRollback({ builds: going, uploads, provider: undefined })?.bereft).toEqual(['cloud-a']);
  });

  it('is none when nothing is in use', () => {
    const uploads = [upload('two', 'cloud-a', 2, { state: 'uploading' })];

    expect(planRollback({ builds, uploads, provider: undefined })).toBeUndefined();
    expect(planRollback({ builds, uploads: everywhere, provider: 'cloud-c' })).toBeUndefined();
  });

  it('never leaves a provider with what it has taken back, and never takes what it does not name', async () => {
    const anyUpload = fc.record({
      buildId: fc.constantFrom('one', 'two', 'three'),
      provider: fc.constantFrom('cloud-a', 'cloud-b'),
      state: fc.constantFrom('ready', 'ready', 'failed', 'uploading', 'deleting'),
      stateTimeSec: fc.nat(5),
    });
    const provider = fc.constantFrom(undefined, 'cloud-a');
    await fc.assert(
      fc.property(fc.array(anyUpload, { maxLength: 12 }), provider, (parts, only) => {
        const uploads = parts.map((part, place) => anUpload({ ...part, id: `${place}` } as Partial<ImageUpload>));
        const plan = planRollback({ builds, uploads, provider: only });
        for (const [name, current] of plan?.current ?? []) {
          const isRetired = current !== undefined && plan?.retired.includes(current.buildId) === true;
          expect(isRetired && (only === undefined || name === only)).toBe(false);
        }
        for (const doomed of plan?.uploads ?? []) {
          expect(plan?.retired).toContain(doomed.buildId);
          expect(only === undefined || doomed.provider === only).toBe(true);
          expect(['ready', 'failed']).toContain(doomed.state);
        }
      }),
    );
  });
});
