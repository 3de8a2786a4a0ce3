import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identify, isAlive, type ProcessIdentity, parseIdentity, parseStartTicks } from './process-identity.js';

async function ourselves(): Promise<ProcessIdentity> {
  const identity = await identify(process.pid);
  if (identity === undefined) throw new Error('this process is not seen');
  return identity;
}

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
    const identity = await ourselves();

    expect(await isAlive({ ...identity, startTicks: identity.startTicks - 1 })).toBe(false);
    expect(await isAlive({ ...identity, bootId: 'of another day' })).toBe(false);
  });

  it('is unknown when there is none', async () => {
    expect(await identify(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('parseStartTicks', () => {
  const fields = Array.from({ length: 30 }, (_, index) => String(index + 4)).join(' ');

  it('finds the start time behind a name full of blanks and parentheses', () => {
    expect(parseStartTicks(`17 (a) b (c d)) S ${fields}\n`)).toBe(22);
  });

  it('says nothing of remains, nor of a line that it does not understand', () => {
    expect([`17 (cat) Z ${fields}`, '', '17 (cat) S 1 2'].map(parseStartTicks)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('parseIdentity', () => {
  it('reads what was written', async () => {
    const identity = await ourselves();

    expect(parseIdentity(JSON.stringify(identity))).toEqual(identity);
  });

  it.each(['', 'null', '17', '{"pid":17}', '{"pid":17,"startTicks":"5","bootId":"x"}'])('does not take %j', (text) => {
    expect(parseIdentity(text)).toBeUndefined();
  });
});
