import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identify, isAlive } from '@nodepool/runtime';
import { describe, expect, it } from 'vitest';
import { findByArgument, kill } from './qemu-process.js';

/** A process that does nothing until it is killed; `marker` is one of its arguments. */
async function aProcess(marker = 'x'): Promise<{ readonly pid: number; readonly ended: Promise<unknown> }> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1e6)', marker]);
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return { pid: child.pid ?? 0, ended };
}

describe('a process to be ended', () => {
  it('is gone once it has been killed', async () => {
    const { pid, ended } = await aProcess();
    const identity = await identify(pid);
    if (identity === undefined) throw new Error('the process is not seen');

    await kill(identity);
    await ended;

    expect(await isAlive(identity)).toBe(false);
    await expect(kill(identity)).resolves.toBeUndefined();
  });

  it('is spared when only its number is the same', async () => {
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
