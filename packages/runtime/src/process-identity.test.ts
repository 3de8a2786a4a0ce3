import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identify, isAlive } from './process-identity.js';

describe('a process', () => {
  it('is the same as long as it lives, and nobody after that', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const identity = await identify(child.pid ?? 0);
    const alive = identity !== undefined && (await isAlive(identity));

    child.stdin.end();
    await once(child, 'exit');

    expect(alive).toBe(true);
    expect(identity !== undefined && (await isAlive(identity))).toBe(false);
  });

  it('is not mistaken for an earlier one with its pid', async () => {
    expect(await isAlive({ pid: process.pid, startTicks: '1' })).toBe(false);
  });

  it('is unknown when there is none', async () => {
    expect(await identify(2 ** 22 + 1)).toBeUndefined();
  });
});
