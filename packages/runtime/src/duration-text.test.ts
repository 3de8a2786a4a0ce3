import { describe, expect, it } from 'vitest';
import { durationText } from './duration-text.js';

describe('durations', () => {
  it.each([
    [-5, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [3_599, '59 min'],
    [3_600, '1 h'],
    [11_100, '3 h 5 min'],
    [86_400, '1 d'],
    [187_300, '2 d 4 h'],
  ])('are written in two units at most: %f', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
