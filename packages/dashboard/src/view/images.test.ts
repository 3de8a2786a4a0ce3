import { describe, expect, it } from 'vitest';
import type { ImageEvent } from '../api/types.js';
import { aBuild, aBuilder, anImage, anUpload, sampleSec } from '../testing/samples.js';
import { imageAge } from './image-age.js';
import { imageMatrix } from './image-matrix.js';

const image = anImage({
  providers: ['cloud-a', 'cloud-b'],
  builds: [
    aBuild({
      id: 'b3',
      current: true,
      uploads: [
        anUpload({ build_id: 'b3', provider: 'cloud-a', state: 'uploading', current: false }),
        anUpload({ build_id: 'b3', provider: 'cloud-b', state: 'failed', current: false, reason: 'no space' }),
      ],
    }),
    aBuild({ id: 'b2', current: false, uploads: [anUpload({ build_id: 'b2', state_time: 20 })] }),
    aBuild({ id: 'b1', current: false, uploads: [anUpload({ build_id: 'b1', state_time: 10, current: false })] }),
  ],
});

describe('the matrix of builds and providers', () => {
  it('marks what is current and what it would go back to, build and upload apart', () => {
    const { providers, rows } = imageMatrix(image, []);

    expect(providers).toEqual(['cloud-a', 'cloud-b']);
    expect(rows.map(({ build: { id }, standing }) => `${id} ${standing}`)).toEqual([
      'b3 current',
      'b2 previous',
      'b1 none',
    ]);
    expect(rows.map(({ cells }) => cells.map(({ upload, standing }) => `${upload?.state} ${standing}`))).toEqual([
      ['uploading none', 'failed none'],
      ['ready current', 'undefined none'],
      ['ready previous', 'undefined none'],
    ]);
  });

  it('says how far the builders are', () => {
    const upload = {
      image: 'debian',
      build_id: 'b3',
      provider: 'cloud-a',
      upload_id: '1',
      started_time: sampleSec,
      phase: 'uploading',
      bytes_sent: 5,
      bytes_total: 10,
      bytes_per_second: 1,
      seconds_left: 5,
    } as const;
    const build = { image: 'debian', build_id: 'b3', started_time: sampleSec, step: 'install.d/10-base' };

    const { rows } = imageMatrix(image, [aBuilder({ builds: [build], uploads: [upload] })]);

    expect(rows[0]?.underWay).toBe(build);
    expect(rows[0]?.cells[0]?.underWay).toBe(upload);
    expect(rows[1]?.cells[0]?.underWay).toBeUndefined();
  });

  it('shows the newest verdict of the gate', () => {
    const event: ImageEvent = {
      time: sampleSec,
      kind: 'gate-passed',
      build_id: 'b2',
      provider: 'cloud-a',
      upload_id: '0000000001',
      by: 'nb01',
      text: null,
    };
    const refused = { ...event, time: sampleSec - 10, kind: 'gate-refused', text: 'no SSH' };

    const { rows } = imageMatrix(image, [], [event, refused, { ...event, kind: 'paused' }]);

    expect(rows[1]?.cells[0]?.gate).toEqual({ passed: true, text: null });
    expect(rows[0]?.cells[0]?.gate).toBeUndefined();
  });
});

describe('the age of an image', () => {
  const ofAge = (share: number, overrides: Parameters<typeof anImage>[0] = {}) =>
    imageAge(anImage({ builds: [aBuild({ state_time: sampleSec - share * 86_400 })], ...overrides }), [], sampleSec);

  it.each([
    [0.5, 'fresh'],
    [1.1, 'due'],
    [1.5, 'overdue'],
  ])('is judged by how often it is to be built: %f', (share, verdict) => {
    expect(ofAge(share)).toMatchObject({ verdict, share });
  });

  it('is nothing to worry about while the image is paused or has no schedule', () => {
    expect(ofAge(9, { paused: true }).verdict).toBe('paused');
    expect(ofAge(9, { rebuild_age: null }).verdict).toBe('no schedule');
  });

  it('is missing without a ready build', () => {
    const builds = [aBuild({ state: 'building', current: false })];

    expect(ofAge(0, { builds })).toMatchObject({ verdict: 'missing', ageSec: undefined, building: true });
  });
});
