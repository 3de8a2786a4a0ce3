import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@nodepool/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takePidFile } from './pid-file.js';

let directory: string;
let other: ChildProcess | undefined;
const never = new AbortController().signal;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-pid-'));
});

afterEach(async () => {
  if (other?.exitCode === null && other.signalCode === null) {
    other.kill('SIGKILL');
    await once(other, 'exit');
  }
  other = undefined;
  await rm(directory, { recursive: true });
});

const path = (): string => join(directory, 'run', 'nodepool.pid');

function take(clock = new FakeClock(), signal = never) {
  return takePidFile({ path: path(), pid: process.pid, clock, signal, waitMs: 10_000 });
}

/** Another process, and a pid file that names it. */
async function heldByOther(): Promise<ChildProcess> {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  other = child;
  await take().then((file) => file[Symbol.dispose]());
  await writeFile(path(), `${child.pid}\n`);
  return child;
}

describe('a pid file', () => {
  it('holds our pid, in a directory that is made for it, and goes with us', async () => {
    const file = await take();
    expect(await readFile(path(), 'utf8')).toBe(`${process.pid}\n`);

    file[Symbol.dispose]();

    expect(await readdir(join(directory, 'run'))).toEqual([]);
  });

  it('of a process that has gone is broken', async () => {
    const child = await heldByOther();
    child.kill('SIGKILL');
    await once(child, 'exit');

    using _file = await take();

    expect(await readFile(path(), 'utf8')).toBe(`${process.pid}\n`);
    expect(await readdir(join(directory, 'run'))).toEqual(['nodepool.pid']);
  });

  it('of a process whose number was given to a younger one is broken', async () => {
    await heldByOther();
    const longAgo = new Date('2020-01-01');
    await utimes(path(), longAgo, longAgo);

    using _file = await take();

    expect(await readFile(path(), 'utf8')).toBe(`${process.pid}\n`);
  });

  it.each(['', 'not a number', '-1'])('that holds "%s" is broken', async (content) => {
    await heldByOther();
    await writeFile(path(), content);

    using _file = await take();

    expect(await readFile(path(), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('of a running process is waited for, and then given up by name', async () => {
    const child = await heldByOther();
    const clock = new FakeClock();
    const outcome = take(clock).catch((error: unknown) => error);

    await advanceUntilSettled(clock, outcome);

    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(10_000);
    expect(await outcome).toMatchObject({
      code: 'NP_PID_FILE_HELD',
      message: `another process holds the pid file: ${path()} names process ${child.pid}, which is running`,
    });
    expect(await readFile(path(), 'utf8')).toBe(`${child.pid}\n`);
  });

  it('is taken when its holder ends in time', async () => {
    const child = await heldByOther();
    const clock = new FakeClock();
    const taken = take(clock);
    await asleep(clock);
    child.kill('SIGKILL');
    await once(child, 'exit');

    await advanceUntilSettled(clock, taken);
    using _file = await taken;

    expect(await readFile(path(), 'utf8')).toBe(`${process.pid}\n`);
  });

  it('is not waited for when the program stops', async () => {
    await heldByOther();
    const stop = new AbortController();
    const clock = new FakeClock();
    const outcome = take(clock, stop.signal).catch((error: unknown) => error);
    await asleep(clock);

    stop.abort('SIGINT');

    expect(await outcome).toBe('SIGINT');
  });

  it('is left alone at the end when somebody else has taken it', async () => {
    const file = await take();
    await writeFile(path(), '1\n');

    file[Symbol.dispose]();

    expect(await readFile(path(), 'utf8')).toBe('1\n');
  });

  it('that cannot be written is told of by name', async () => {
    await writeFile(join(directory, 'run'), 'a file, not a directory');

    await expect(take()).rejects.toMatchObject({
      code: 'NP_PID_FILE',
      message: `the pid file cannot be written: ${path()}`,
    });
  });
});

/** Turns of the event loop, in which the file system answers, until the code under test sleeps. */
async function asleep(clock: FakeClock): Promise<void> {
  while (clock.sleeping === 0) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function advanceUntilSettled(clock: FakeClock, outcome: Promise<unknown>): Promise<void> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  outcome.then(settled, settled);
  while (!isSettled) {
    if (clock.sleeping > 0) await clock.advance(200);
    else await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
