import { describe, expect, it } from 'vitest';
import { decideLeaks } from './decide.js';
import type { CloudImageView } from './view.js';

function anImage(overrides: Partial<CloudImageView> = {}): CloudImageView {
  return {
    provider: 'cloud-a',
    externalId: 'image-1',
    buildId: 'b1',
    uploadId: '0000000001',
    recorded: false,
    unknownForMs: 30_000,
    recordsTrusted: true,
    ...overrides,
  };
}

const removed = (image: Partial<CloudImageView>): number => decideLeaks({ images: [anImage(image)] }).actions.length;

describe('an image in a cloud', () => {
  it.each<[string, number, Partial<CloudImageView>]>([
    ['goes when nobody has known it for a while', 1, {}],
    ['stays when it was seen for the first time', 0, { unknownForMs: 0 }],
    ['stays when a record names it', 0, { recorded: true }],
    ['stays when the records may be missing', 0, { recordsTrusted: false }],
  ])('%s', (_, count, image) => {
    expect(removed(image)).toBe(count);
  });
});

it.each<[string, readonly CloudImageView[], number]>([
  ['soon when there is a suspicion', [anImage({ unknownForMs: 0 })], 30_000],
  ['soon when something is removed, which may fail', [anImage(), anImage({ recorded: true })], 30_000],
  ['rarely when a removal has failed for long', [anImage({ unknownForMs: 600_000 })], 600_000],
  ['soon while the records are not trusted yet', [anImage({ recordsTrusted: false })], 30_000],
  ['rarely otherwise', [anImage({ recorded: true, unknownForMs: 0 })], 600_000],
])('looks again %s', (_, images, expectedMs) => {
  expect(decideLeaks({ images }).recheckAfterMs).toBe(expectedMs);
});
