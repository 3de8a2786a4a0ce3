import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { findByArgument, identify, isAlive, kill, parseStat } from './process-identity.js';

/** A process that does nothing until it is killed; `marker` is one of its arguments. */
async function aProcess(marker = 'x'): Promise<{ readonly pid: number; readonly ended: Promise<unknown> }> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)', marker]);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return { pid: child.pid ?? 0, ended };
}

describe('parseStat', () => {
  it('finds the start time behind a name full of blanks and parentheses', () => {
    const fields = Array.from({ length: 30 }, (_, index) => String(index + 4));

    expect(parseStat(`17 (a) b (c d)) S ${fields.join(' ')}\n`)).toEqual({ state: 'S', startTicks: 22 });
  });

  it('says nothing about a line that it does not understand', () => {
    expect([parseStat(''), parseStat('17 (cat) S 1 2')]).toEqual([undefined, undefined]);
  });
});

describe('a process identity', () => {
  it('holds while the process runs and not afterwards', async () => {
    const { pid, ended } = await aProcess();
    const identity = await identify(pid);
    if (identity === undefined) throw new Error('the process is not seen');
    const before = await isAlive(identity);

    await kill(identity);
    await ended;

    expect([before, await isAlive(identity)]).toEqual([true, false]);
    expect(await identify(pid)).toBeUndefined();
  });

  it('spares a process that has the number but started at another time', async () => {
    const { pid, ended } = await aProcess();
    const identity = await identify(pid);
    if (identity === undefined) throw new Error('the process is not seen');

    await kill({ ...identity, startTicks: identity.startTicks - 1 });
    await kill({ ...identity, bootId: 'of another day' });

    expect(await isAlive(identity)).toBe(true);
    await kill(identity);
    await ended;
  });

  it('can be found by an argument of its own', async () => {
    const marker = `marker-${process.pid}-${performance.now()}`;
    const { pid, ended } = await aProcess(marker);

    const found = await findByArgument(marker);

    expect(found?.pid).toBe(pid);
    if (found !== undefined) await kill(found);
    await ended;
    expect(await findByArgument(marker)).toBeUndefined();
  });
});
