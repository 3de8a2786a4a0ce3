import type { ImageStore } from '@nodepool/driver-api';
import { describe, expect, it } from 'vitest';
import type { ImageProvider } from '../image-providers.js';
import { aFakeProvider } from '../testing/harness.js';
import { vhdSubformatFor } from './subformat.js';

function aProvider(name: string, images: Partial<ImageStore>, listed = ['debian']): [string, ImageProvider] {
  const store = { format: 'vhd', ...images } as ImageStore;
  return [name, { config: aFakeProvider(name, listed), kind: 'images', images: store, provider: undefined }];
}

describe('the kind of vhd', () => {
  it.each([
    ['dynamic', 'nobody asks', []],
    ['dynamic', 'a provider does not say', [aProvider('a', {})]],
    [
      'fixed',
      'a provider takes fixed ones',
      [aProvider('a', { vhdSubformat: 'fixed' }), aProvider('b', { format: 'raw' })],
    ],
    ['dynamic', 'the provider does not have the image', [aProvider('a', { vhdSubformat: 'fixed' }, ['other'])]],
  ] as const)('is %s when %s', (subformat, _, providers) => {
    expect(vhdSubformatFor('debian', new Map(providers))).toBe(subformat);
  });

  it('cannot be two at a time', () => {
    const providers = new Map([aProvider('azure', { vhdSubformat: 'fixed' }), aProvider('rax', {})]);

    expect(() => vhdSubformatFor('debian', providers)).toThrow(
      'provider azure takes fixed VHDs and rax dynamic ones: give each a diskimage of its own',
    );
  });
});
