import { describe, expect, it } from 'vitest';
import type { GlanceImage } from './image.js';
import { verifyContent } from './verify.js';

const file = { bytes: 10, digests: { md5: 'aa', sha512: 'bb' } };

function verdict(change: Partial<GlanceImage>): unknown {
  return verifyContent({ id: 'i', status: 'active', size: 10, ...change }, file);
}

describe('an image is', () => {
  it.each<[string, Partial<GlanceImage>, object]>([
    [
      'the file, by the stronger checksum',
      { checksum: 'aa', os_hash_algo: 'sha512', os_hash_value: 'BB' },
      { by: 'sha512' },
    ],
    ['the file, by md5 where it is the only one', { checksum: 'aa' }, { by: 'md5' }],
    [
      'the file, by md5 where the other cannot be compared',
      { checksum: 'aa', os_hash_algo: 'blake2b', os_hash_value: 'zz' },
      { by: 'md5' },
    ],
    [
      'another one, when one of two checksums differs',
      { checksum: 'ab', os_hash_algo: 'sha512', os_hash_value: 'bb' },
      { kind: 'different' },
    ],
    ['another one, when its size differs', { size: 9, checksum: 'aa' }, { kind: 'different' }],
    ['not proved, without a checksum', { checksum: null }, { kind: 'unproved' }],
    [
      'not proved, with a checksum of another kind',
      { os_hash_algo: 'blake2b', os_hash_value: 'zz' },
      { kind: 'unproved' },
    ],
  ])('%s', (_, change, expected) => {
    expect(verdict(change)).toMatchObject(expected);
  });
});
