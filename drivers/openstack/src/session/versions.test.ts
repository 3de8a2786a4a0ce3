import { describe, expect, it } from 'vitest';
import { besideCatalogue, newestOf, versionInUrl, versionRootOf, versionsIn } from './versions.js';

const link = (href: string): object[] => [{ rel: 'self', href }];

describe('a version document', () => {
  it.each([
    [
      'Nova',
      {
        versions: [
          { id: 'v2.0', status: 'SUPPORTED', version: '', min_version: '', links: link('http://h/v2/') },
          { id: 'v2.1', status: 'CURRENT', version: '2.93', min_version: '2.1', links: link('http://h/v2.1/') },
        ],
      },
      { major: 2, minor: 1, url: 'http://h/v2.1/', maxMicroversion: '2.93' },
    ],
    [
      'Keystone',
      { versions: { values: [{ id: 'v3.14', status: 'stable', links: link('http://h/v3/') }] } },
      { major: 3, minor: 14, url: 'http://h/v3/', maxMicroversion: undefined },
    ],
    [
      'Cinder',
      { versions: [{ id: 'v3.0', status: 'CURRENT', version: '3.70', links: link('http://h/v3/') }] },
      { major: 3, minor: 0, url: 'http://h/v3/', maxMicroversion: '3.70' },
    ],
    [
      'one version alone',
      { version: { id: 'v2.1', status: 'CURRENT', version: '2.93' } },
      { major: 2, minor: 1, url: undefined, maxMicroversion: '2.93' },
    ],
  ])('of %s names its newest version', (_who, document, newest) => {
    expect(newestOf(versionsIn(JSON.parse(JSON.stringify(document))), undefined)).toMatchObject(newest);
  });

  it.each([[null], ['<html>'], [{ versions: 'none' }], [{ versions: [{ id: 'latest' }, 7] }]])(
    'of %j has none',
    (document) => {
      expect(versionsIn(document)).toEqual([]);
    },
  );

  it('counts no version that is an experiment, and none of another major', () => {
    const versions = versionsIn({
      versions: [
        { id: 'v4.0', status: 'EXPERIMENTAL' },
        { id: 'v3.0', status: 'CURRENT' },
        { id: 'v2.9', status: 'DEPRECATED' },
      ],
    });

    expect(newestOf(versions, undefined)?.major).toBe(3);
    expect(newestOf(versions, 2)?.minor).toBe(9);
    expect(newestOf(versions, 4)).toBeUndefined();
  });
});

describe('an address', () => {
  it.each([
    ['http://h:8774/v2.1', 2, 'http://h:8774/v2.1'],
    ['http://h/volume/v3/4f1e', 3, 'http://h/volume/v3'],
    ['http://h:9292', undefined, 'http://h:9292/'],
    ['http://v3.example.com/image', undefined, 'http://v3.example.com/image'],
  ])('%s has version %s', (url, version, root) => {
    expect(versionInUrl(url)).toBe(version);
    expect(versionRootOf(url)).toBe(root);
  });

  it.each([
    ['http://inner:9292/v2/', 'https://h/image', 'https://h/image/v2/'],
    ['http://inner/image/v2/', 'https://h/image', 'https://h/image/v2/'],
    ['/v3/', 'https://h:5000/', 'https://h:5000/v3/'],
    [undefined, 'https://h', undefined],
  ])('that a document gives as %s, read from %s, is %s', (href, readFrom, url) => {
    expect(besideCatalogue(href, readFrom)).toBe(url);
  });
});
