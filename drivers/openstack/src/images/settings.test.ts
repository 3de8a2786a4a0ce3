import { describe, expect, it } from 'vitest';
import { configSchema } from '../config.js';

const provider = { driver: 'openstack', name: 'cloud-a', cloud: 'cloud-a' };
const problems = (keys: object): readonly string[] =>
  configSchema.safeParse({ ...provider, ...keys }).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('what a provider says of images', () => {
  it('is nothing by default: data go directly, and nothing is swept', () => {
    expect(configSchema.parse(provider)).toMatchObject({
      imageImportMethod: undefined,
      imageImportUrl: undefined,
      cleanImages: false,
    });
  });

  it('may be an address for the cloud to fetch from', () => {
    const keys = { 'image-import-method': 'web-download', 'image-import-url': 'http://builder.example.com/images' };

    expect(configSchema.parse({ ...provider, ...keys, 'clean-images': true })).toMatchObject({
      imageImportMethod: 'web-download',
      imageImportUrl: 'http://builder.example.com/images',
      cleanImages: true,
    });
  });

  it.each<[string, object]>([
    ['web-download without an address', { 'image-import-method': 'web-download' }],
    ['an address that is none', { 'image-import-url': 'builder/images' }],
    ['an address that no cloud fetches from', { 'image-import-url': 'file:///images' }],
  ])('is refused: %s', (_, keys) => {
    expect(problems(keys)).toEqual(['image-import-url']);
  });

  it('is refused: a method that there is not', () => {
    expect(problems({ 'image-import-method': 'copy-image' })).toEqual(['image-import-method']);
  });
});
