import { describe, expect, it } from 'vitest';
import { ServerRotation } from './servers.js';

const servers = ['a', 'b', 'c'].map((host) => ({ host, port: 1 }));
const noChance = { next: () => 0, hexId: () => '' };

function fromList(values: readonly number[]): { next: () => number; hexId: () => string } {
  let at = 0;
  return { next: () => values[at++ % values.length] ?? 0, hexId: () => '' };
}

describe('ServerRotation', () => {
  it('takes the servers in the order that chance gives, each in turn', () => {
    const rotation = new ServerRotation(servers, fromList([0.9, 0.1, 0.5]));

    const taken = Array.from({ length: 4 }, () => rotation.next().host);

    expect(taken).toEqual(['b', 'c', 'a', 'b']);
  });

  it('tries each server once without a pause, then pauses longer after every round', () => {
    const rotation = new ServerRotation(servers, noChance);

    const pauses = Array.from({ length: 20 }, () => rotation.pauseMs(0));

    expect(pauses.slice(0, 6)).toEqual([0, 0, 50, 50, 50, 100]);
    expect(Math.max(...pauses)).toBe(1_000);
  });

  it('starts over after a connection that was of use, and not after one that was cut at once', () => {
    const rotation = new ServerRotation(servers.slice(0, 1), noChance);
    const pauses = [0, 0, 0, 60_000, 10].map((livedMs) => rotation.pauseMs(livedMs));

    expect(pauses).toEqual([50, 100, 200, 0, 50]);
  });
});
