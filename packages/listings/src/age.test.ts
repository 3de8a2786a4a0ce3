import { describe, expect, it } from 'vitest';
import { formatAge } from './age.js';

describe('an age', () => {
  it.each([
    [0, '00:00:00:00'],
    [59.9, '00:00:00:59'],
    [61, '00:00:01:01'],
    [3_600 * 23 + 59 * 60 + 59, '00:23:59:59'],
    [86_400, '01:00:00:00'],
    [86_400 * 123 + 1, '123:00:00:01'],
    [-5, '00:00:00:00'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(formatAge(1_000_000 - seconds, 1_000_000_000)).toBe(text);
  });
});
