import { describe, expect, it } from 'vitest';
import { bytesText, countOf, countText, latencyText } from './duration.js';

describe('sizes, counts and latencies', () => {
  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.5 KiB'],
    [2_147_483_648, '2.0 GiB'],
    [214_748_364_800, '200 GiB'],
  ])('are written in powers of 1024: %i', (bytes, text) => {
    expect(bytesText(bytes)).toBe(text);
  });

  it('are grouped by thousands', () => {
    expect([0, 999, 1_000, 1_234_567, 1_234.5].map(countText)).toEqual(['0', '999', '1,000', '1,234,567', '1,234.5']);
    expect([null, 0.0002, 0.25, 12.34].map(latencyText)).toEqual(['', '1 ms', '250 ms', '12.3 s']);
    expect([countOf(1, 'node'), countOf(2, 'node')]).toEqual(['1 node', '2 nodes']);
  });
});
