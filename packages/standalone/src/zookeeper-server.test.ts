import { describe, expect, it } from 'vitest';
import { failuresInARow } from './zookeeper-server.js';

describe('a server that ends again and again', () => {
  it('is given longer pauses while it does not stay, and short ones once it did', () => {
    expect(failuresInARow(0, 100)).toBe(1);
    expect(failuresInARow(4, 59_999)).toBe(5);
    expect(failuresInARow(4, 60_000)).toBe(1);
  });
});
