import { describe, expect, it } from 'vitest';
import { chooseFlavor, type Flavor, flavorWish } from './flavors.js';

const flavor = (id: string, name: string, ram: number): Flavor => ({ id, name, vcpus: 1, ram });
const flavors = [
  flavor('4', 'm1.large', 8192),
  flavor('7', 'perf-8', 8192),
  flavor('1', 'm1.tiny', 512),
  flavor('9', 'Perf-8', 8192),
  flavor('3', 'm1.medium', 4096),
];

describe('the flavor of a label', () => {
  it.each([
    ['an exact name', 0, 'm1.medium', '3'],
    ['an id', 0, '4', '4'],
    ['a part of a name, without min-ram', 0, 'm1', undefined],
    ['the smallest that has enough memory', 1024, undefined, '3'],
    ['memory that fits exactly', 4096, undefined, '3'],
    ['the first by name among those of one size, capitals first', 5000, undefined, '9'],
    ['a part of the name besides', 1024, 'perf', '7'],
    ['more memory than there is', 16_384, undefined, undefined],
    ['neither', 0, undefined, undefined],
  ])('is found by %s', (_how, minRamMiB, flavorName, id) => {
    expect(chooseFlavor(flavors, { minRamMiB, flavorName })?.id).toBe(id);
  });

  it.each([
    [0, 'm1.huge', 'named "m1.huge"'],
    [9000, undefined, 'with at least 9000 MiB of memory'],
    [9000, 'perf', 'with at least 9000 MiB of memory whose name contains "perf"'],
  ])('is described for the message that there is none: %i %s', (minRamMiB, flavorName, text) => {
    expect(flavorWish({ minRamMiB, flavorName })).toBe(text);
  });
});
