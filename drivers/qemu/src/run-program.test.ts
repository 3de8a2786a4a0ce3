import { systemClock } from '@nodepool/runtime';
import { FakeClock } from '@nodepool/runtime/testing';
import { describe, expect, it } from 'vitest';
import { runProgram, tryProgram } from './run-program.js';

const never = new AbortController().signal;
const deps = { clock: systemClock, signal: never };
const node = (script: string): readonly string[] => ['-e', script];

describe('running a program', () => {
  it('returns what it said and how it ended', async () => {
    const script = "console.log('out'); console.error('err'); process.exitCode = 3";

    expect(await tryProgram(process.execPath, node(script), 30_000, deps)).toEqual({
      status: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('makes a failure of a status other than 0', async () => {
    const script = "console.error('no such disk'); process.exitCode = 1";

    await expect(runProgram(process.execPath, node(script), 30_000, deps)).rejects.toMatchObject({
      code: 'launch-failed',
      message: expect.stringContaining('status 1: no such disk'),
    });
  });

  it('says how to get a program that is missing', async () => {
    await expect(tryProgram('xorriso-that-is-not-there', [], 30_000, deps)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('apt-get install'),
    });
  });

  it('kills a program that takes too long', async () => {
    const clock = new FakeClock();
    const ended = tryProgram(process.execPath, node('setInterval(() => {}, 1e6)'), 5_000, { clock, signal: never });
    const outcome = expect(ended).rejects.toMatchObject({ name: 'TimeoutError' });

    await clock.advance(5_000);

    await outcome;
  });

  it('kills a program that is called off', async () => {
    const controller = new AbortController();
    const options = { clock: systemClock, signal: controller.signal };
    const ended = tryProgram(process.execPath, node('setInterval(() => {}, 1e6)'), 30_000, options);
    const outcome = expect(ended).rejects.toThrow('stopping');

    controller.abort(new Error('stopping'));

    await outcome;
  });
});
