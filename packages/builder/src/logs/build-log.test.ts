import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBuildLog, pruneBuildLogs } from './build-log.js';

const idOf = (number: number): string => String(number).padStart(32, '0');

let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-logs-'));
});
afterEach(() => rm(dir, { recursive: true }));

describe('old logs', () => {
  const write = async (...names: readonly string[]): Promise<void> => {
    for (const [age, name] of names.entries()) {
      await writeFile(join(dir, name), '');
      await utimes(join(dir, name), 1_000 - age, 1_000 - age);
    }
  };

  it.each([
    [2, [1, 2]],
    [1, [1]],
    [0, [1]],
    [-1, [1, 2, 3]],
  ])('are pruned to a retention of %i', async (retention, kept) => {
    await write(...[1, 2, 3].map((number) => `debian-${idOf(number)}.log`));

    await pruneBuildLogs(dir, 'debian', retention);

    expect(await readdir(dir)).toEqual(kept.map((number) => `debian-${idOf(number)}.log`));
  });

  it('take the logs of gates with them', async () => {
    const gateLog = (number: number): string => `debian-${idOf(number)}.cloud-a.0000000001.gate.log`;
    await write(`debian-${idOf(1)}.log`, `debian-${idOf(2)}.log`, gateLog(1), gateLog(2));

    await pruneBuildLogs(dir, 'debian', 1);

    expect(await readdir(dir)).toEqual([gateLog(1), `debian-${idOf(1)}.log`]);
  });

  it('of an image whose name extends this one stay', async () => {
    const others = [`debian-12-${idOf(1)}.log`, `debian-12-${idOf(2)}.log`, 'debian-notes.log'];
    await write(...others);

    await pruneBuildLogs(dir, 'debian', 1);

    expect(await readdir(dir)).toEqual(others);
  });
});

it('makes its folder and appends what we say to what the command wrote', async () => {
  const inner = join(dir, 'a', 'b');
  await using log = await openBuildLog(inner, 'debian-1');
  await writeFile(log.path, 'made\n', { flag: 'a' });
  await log.line('Exit code: 0');

  expect(await readFile(join(inner, 'debian-1.log'), 'utf8')).toBe('made\nExit code: 0\n');
});
