import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { geometryBytes } from '../read/describe.js';
import { geometryOf } from './geometry.js';

const mebibyte = 2 ** 20;

describe('a geometry', () => {
  it.each([
    ['1 MiB', mebibyte, [30, 4, 17]],
    ['128 MiB', 128 * mebibyte, [963, 16, 17]],
    ['504 MiB', 504 * mebibyte, [1024, 16, 63]],
    ['10 GiB', 10 * 1024 * mebibyte, [20_805, 16, 63]],
    ['40 GiB', 40 * 1024 * mebibyte, [20_560, 16, 255]],
    ['2 TiB', 2048 * 1024 * mebibyte, [65_535, 16, 255]],
  ])('of %s is that of the specification', (_, bytes, [cylinders, heads, sectorsPerTrack]) => {
    expect(geometryOf(bytes)).toEqual({ cylinders, heads, sectorsPerTrack });
  });

  it('addresses nothing beyond the disk, and all of it but less than a cylinder', async () => {
    await fc.assert(
      fc.property(fc.integer({ min: 2, max: 120 * 512 }), (mebibytes) => {
        const bytes = mebibytes * mebibyte;
        const geometry = geometryOf(bytes);

        const rest = bytes - geometryBytes(geometry);

        expect(rest).toBeGreaterThanOrEqual(0);
        expect(rest).toBeLessThan((geometry.heads + 1) * geometry.sectorsPerTrack * 512);
      }),
    );
  });
});
