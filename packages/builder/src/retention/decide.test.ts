import type { ImageBuild, ImageUpload } from '@nodepool/model';
import { aBuild, anUpload } from '@nodepool/model/testing';
import { describe, expect, it } from 'vitest';
import { decideRetention, type RetentionAction } from './decide.js';
import type { ImageView, LocalBuildView, ProviderView, RetentionView } from './view.js';

const nowMs = 1_000_000_000;
const own = 'builder-a';

function aView(image: Partial<ImageView> = {}, overrides: Partial<RetentionView> = {}): RetentionView {
  const debian: ImageView = {
    image: 'debian',
    builds: [],
    uploads: [],
    diskimage: { deleteAfterUpload: false, keepFormats: [] },
    buildLocked: false,
    ownBuilds: new Set(),
    lockedSlots: new Set(),
    unreadableBuilds: new Set(),
    deletions: new Set(),
    deletionDelays: new Map(),
    ...image,
  };
  return {
    builderId: own,
    images: [debian],
    providers: new Map([['cloud-a', aCloud()]]),
    foreignProviders: new Set(),
    localBuilds: [],
    ...overrides,
  };
}

function aCloud(overrides: Partial<ProviderView> = {}): ProviderView {
  return { kind: 'images', format: 'qcow2', images: new Set(['debian']), ...overrides };
}

const build = (id: string, stateTimeSec: number, overrides: Partial<ImageBuild> = {}): ImageBuild =>
  aBuild({ id, stateTimeSec, builderId: own, ...overrides });

const upload = (id: string, buildId: string, stateTimeSec: number, overrides: Partial<ImageUpload> = {}): ImageUpload =>
  anUpload({ id, buildId, stateTimeSec, ...overrides });

function files(buildId: string, overrides: Partial<LocalBuildView> = {}): LocalBuildView {
  return {
    build: `debian-${buildId}`,
    image: 'debian',
    buildId,
    formats: ['qcow2', 'raw'],
    names: [],
    unknownForMs: 0,
    ...overrides,
  };
}

/** `kind build/provider/upload`, one text for each action. */
function told(view: RetentionView): readonly string[] {
  return decideRetention(view, nowMs).actions.map(textOf);
}

function textOf(action: RetentionAction): string {
  switch (action.kind) {
    case 'mark-upload':
    case 'drop-upload':
    case 'delete-upload':
      return `${action.kind} ${action.key.buildId}/${action.key.provider}/${action.key.uploadId}`;
    case 'report-stranded':
      return `${action.kind} ${action.provider} ${action.uploads.length}`;
    case 'remove-format':
      return `${action.kind} ${action.key.buildId} ${action.format}`;
    default:
      return `${action.kind} ${action.key.buildId}`;
  }
}

const threeBuilds = [build('b1', 100), build('b2', 200), build('b3', 300)];

describe('builds', () => {
  it('stay when they are the two newest ready ones', () => {
    expect(told(aView({ builds: threeBuilds }))).toEqual(['mark-build b1']);
  });

  it('go, all of them, when the image is not configured', () => {
    expect(told(aView({ builds: threeBuilds, diskimage: undefined }))).toEqual([
      'mark-build b1',
      'mark-build b2',
      'mark-build b3',
    ]);
  });

  it('stay while a provider that lags behind uses one of their uploads', () => {
    const uploads = [upload('1', 'b1', 150), upload('2', 'b2', 250)];

    expect(told(aView({ builds: threeBuilds, uploads }))).toEqual([]);
  });

  it('wait until each of their uploads is at least being deleted', () => {
    const uploads = [upload('1', 'b1', 150), upload('2', 'b2', 250), upload('3', 'b3', 350)];

    expect(told(aView({ builds: threeBuilds, uploads }))).toEqual(['mark-upload b1/cloud-a/1']);
  });

  it('are marked when all their uploads are being deleted', () => {
    const uploads = [upload('1', 'b1', 150, { state: 'deleting' })];

    expect(told(aView({ builds: threeBuilds, uploads }))).toEqual(['delete-upload b1/cloud-a/1', 'mark-build b1']);
  });

  it('lose their record when no upload and no file is left', () => {
    const builds = [build('b1', 100, { state: 'deleting' })];

    expect(told(aView({ builds }))).toEqual(['remove-build b1']);
    expect(told(aView({ builds }, { localBuilds: [files('b1')] }))).toEqual(['remove-files b1']);
    expect(told(aView({ builds, uploads: [upload('1', 'b1', 1, { state: 'deleting' })] }))).toEqual([
      'delete-upload b1/cloud-a/1',
    ]);
  });

  it('of a builder that is away keep their record for a while, so that it can remove the files first', () => {
    const elsewhere = { state: 'deleting', builderId: 'builder-b' } as const;

    expect(told(aView({ builds: [build('b1', nowMs / 1000 - 60, elsewhere)] }))).toEqual([]);
    expect(told(aView({ builds: [build('b1', nowMs / 1000 - 61, elsewhere)] }))).toEqual(['remove-build b1']);
  });

  it('that failed stay to be seen until a later one has ended', () => {
    const failed = build('b4', 400, { state: 'failed' });
    const again = build('b5', 500, { state: 'building', builderId: 'builder-b' });

    expect(told(aView({ builds: [build('b3', 300), failed] }))).toEqual([]);
    expect(told(aView({ builds: [failed, again], buildLocked: true }))).toEqual([]);
    expect(told(aView({ builds: [failed, build('b5', 500)] }))).toEqual(['mark-build b4']);
    expect(told(aView({ builds: [failed, build('b5', 500, { state: 'failed' })] }))).toEqual(['mark-build b4']);
    expect(told(aView({ builds: [failed], diskimage: undefined }))).toEqual(['mark-build b4']);
  });

  it('that are under way stay; those whose builder died go', () => {
    const mine = build('b1', 100, { state: 'building' });
    const other = build('b2', 100, { state: 'building', builderId: 'builder-b' });

    expect(told(aView({ builds: [mine, other], ownBuilds: new Set(['b1']), buildLocked: true }))).toEqual([]);
    expect(told(aView({ builds: [mine], buildLocked: true }))).toEqual(['mark-build b1']);
    expect(told(aView({ builds: [other], buildLocked: false }))).toEqual(['mark-build b2']);
  });
});

describe('uploads', () => {
  const builds = [build('b2', 200), build('b3', 300)];

  it('go when the provider no longer lists the image', () => {
    const providers = new Map([['cloud-a', aCloud({ images: new Set() })]]);

    expect(told(aView({ builds, uploads: [upload('1', 'b3', 1)] }, { providers }))).toEqual([
      'mark-upload b3/cloud-a/1',
    ]);
  });

  it('of a build that an operator deletes go, however new they are', () => {
    const uploads = [upload('1', 'b2', 1), upload('2', 'b3', 2)];
    const deleted = [build('b2', 200), build('b3', 300, { state: 'deleting' })];

    expect(told(aView({ builds: deleted, uploads }))).toEqual(['mark-upload b3/cloud-a/2']);
  });

  it('that somebody is working on stay, the others that say so lose their record', () => {
    const uploads = [upload('1', 'b3', 1, { state: 'uploading' })];

    expect(told(aView({ builds, uploads, lockedSlots: new Set(['debian-b3/cloud-a']) }))).toEqual([]);
    expect(told(aView({ builds, uploads }))).toEqual(['drop-upload b3/cloud-a/1']);
  });

  it('that failed stay to be seen until a later one has ended', () => {
    const failed = upload('1', 'b3', 10, { state: 'failed', externalId: null });

    expect(told(aView({ builds, uploads: [failed] }))).toEqual([]);
    expect(told(aView({ builds, uploads: [failed, upload('2', 'b3', 20)] }))).toEqual(['mark-upload b3/cloud-a/1']);
  });

  it('that failed and left an image in the cloud go at once', () => {
    const failed = upload('1', 'b3', 10, { state: 'failed', externalId: 'left' });

    expect(told(aView({ builds, uploads: [failed] }))).toEqual(['mark-upload b3/cloud-a/1']);
  });

  it('are deleted once at a time, and again only after a delay', () => {
    const uploads = [upload('1', 'b3', 1, { state: 'deleting' })];
    const key = 'debian-b3/cloud-a/1';

    expect(told(aView({ builds, uploads }))).toEqual(['delete-upload b3/cloud-a/1']);
    expect(told(aView({ builds, uploads, deletions: new Set([key]) }))).toEqual([]);
    expect(told(aView({ builds, uploads, deletionDelays: new Map([[key, 5]]) }))).toEqual([]);
  });

  it.each<[string, Partial<RetentionView>, readonly string[]]>([
    ['that is not configured are reported', { providers: new Map() }, ['report-stranded cloud-a 1']],
    [
      'whose driver this release lacks are left alone',
      { providers: new Map(), foreignProviders: new Set(['cloud-a']) },
      [],
    ],
    [
      'whose driver could not be loaded are left alone',
      { providers: new Map([['cloud-a', aCloud({ kind: 'unknown' })]]) },
      [],
    ],
    ['that keeps no images are left alone', { providers: new Map([['cloud-a', aCloud({ kind: 'no-images' })]]) }, []],
  ])('of a provider %s', (_, overrides, expected) => {
    const builds = [build('b1', 100, { state: 'ready' })];

    expect(told(aView({ builds, diskimage: undefined, uploads: [upload('1', 'b1', 1)] }, overrides))).toEqual(expected);
  });
});

describe('local files', () => {
  it('stay while any upload of the build is recorded', () => {
    const builds = [build('b1', 100, { state: 'deleting' })];
    const uploads = [upload('1', 'b1', 1, { state: 'deleting' })];
    const view = aView(
      { builds, uploads, deletions: new Set(['debian-b1/cloud-a/1']) },
      { localBuilds: [files('b1')] },
    );

    expect(told(view)).toEqual([]);
  });

  it('of a failed build go at once, of one that is ready stay', () => {
    const builds = [build('b1', 100, { state: 'failed' }), build('b2', 90)];

    expect(told(aView({ builds }, { localBuilds: [files('b1'), files('b2')] }))).toEqual(['remove-files b1']);
  });

  it('without a record go after a while', () => {
    expect(told(aView({}, { localBuilds: [files('b1', { unknownForMs: 59_999 })] }))).toEqual([]);
    expect(told(aView({}, { images: [], localBuilds: [files('b1', { unknownForMs: 60_000 })] }))).toEqual([
      'remove-files b1',
    ]);
  });

  it('of a build with a record that cannot be read stay, and so does the build', () => {
    const unreadableBuilds = new Set(['b1', 'b2']);
    const builds = [build('b1', 100, { state: 'deleting' })];
    const localBuilds = [files('b1'), files('b2', { unknownForMs: 99_999 })];

    expect(told(aView({ builds, unreadableBuilds }, { localBuilds }))).toEqual([]);
  });

  it('of a build that is just being made stay', () => {
    const view = aView({ ownBuilds: new Set(['b1']) }, { localBuilds: [files('b1', { unknownForMs: 99_999 })] });

    expect(told(view)).toEqual([]);
  });
});

describe('formats of an image to be deleted after its upload', () => {
  const builds = [build('b1', 100)];
  const uploads = [upload('1', 'b1', 1)];
  const diskimage = { deleteAfterUpload: true, keepFormats: [] };

  it.each<[string, Partial<ImageView>, ReadonlyMap<string, ProviderView>, readonly string[]]>([
    ['go when every provider has its own', { uploads }, new Map([['cloud-a', aCloud()]]), ['qcow2', 'raw']],
    ['stay where a provider waits for them', {}, new Map([['cloud-a', aCloud()]]), ['raw']],
    [
      'stay when they are to be kept',
      { uploads, diskimage: { ...diskimage, keepFormats: ['raw'] } },
      new Map([['cloud-a', aCloud()]]),
      ['qcow2'],
    ],
    [
      'stay when another provider waits for them',
      { uploads },
      new Map([
        ['cloud-a', aCloud()],
        ['cloud-b', aCloud({ format: 'raw' })],
      ]),
      ['qcow2'],
    ],
    [
      'stay while what a provider needs is unknown',
      { uploads },
      new Map([['cloud-a', aCloud({ kind: 'unknown' })]]),
      [],
    ],
    [
      'stay when the image is not of that kind',
      { uploads, diskimage: { ...diskimage, deleteAfterUpload: false } },
      new Map([['cloud-a', aCloud()]]),
      [],
    ],
  ])('%s', (_, image, providers, removed) => {
    const view = aView({ builds, diskimage, ...image }, { providers, localBuilds: [files('b1')] });

    expect(told(view)).toEqual(removed.map((format) => `remove-format b1 ${format}`));
  });
});

describe('the next look', () => {
  const uploads = [upload('1', 'b1', 1, { state: 'deleting' })];

  it.each<[string, RetentionView, number]>([
    ['is a slow sweep', aView(), 60_000],
    ['comes soon while somebody builds', aView({ builds: [build('b1', 1, { state: 'building' })] }), 10_000],
    [
      'comes when a delay is over',
      aView({ uploads, deletionDelays: new Map([['debian-b1/cloud-a/1', 7_000]]) }),
      7_000,
    ],
    [
      'comes when unknown files have waited',
      aView({}, { localBuilds: [files('b9', { unknownForMs: 50_000 })] }),
      10_000,
    ],
  ])('%s', (_, view, expectedMs) => {
    expect(decideRetention(view, nowMs).recheckAfterMs).toBe(expectedMs);
  });
});
