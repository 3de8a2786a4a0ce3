import { describe, expect, it } from 'vitest';
import { nearest } from './suggest.js';

describe('nearest', () => {
  const keys = ['max-servers', 'max-cores', 'name', 'labels', 'diskimages'];

  it.each([
    ['max-server', 'max-servers'],
    ['max_servers', 'max-servers'],
    ['Labels', 'labels'],
    ['lables', 'labels'],
    ['nmae', 'name'],
    ['disk-images', 'diskimages'],
  ])('takes %s for %s', (text, expected) => {
    expect(nearest(text, keys)).toBe(expected);
  });

  it('does not guess when nothing is near', () => {
    expect(nearest('colour', keys)).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
