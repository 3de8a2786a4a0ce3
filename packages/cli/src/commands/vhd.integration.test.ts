import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@nodepool/runtime/testing';
import { progressText } from '@nodepool/vhd';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';
import { openProgressLine } from './vhd-progress.js';

let dir = '';
let raw = '';
let vhd = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-vhd-'));
  raw = join(dir, 'disk.raw');
  vhd = join(dir, 'disk.vhd');
  await using file = await open(raw, 'w');
  await file.truncate(5 * 2 ** 20);
  await file.write('data');
});
afterAll(() => rm(dir, { recursive: true }));

async function run(...argv: readonly string[]) {
  await using cli = await openTestCli();
  return await cli.run('vhd', ...argv);
}

describe('nodepool vhd', () => {
  it('makes a dynamic VHD and its checksums, and describes it', async () => {
    const converted = await run('convert', raw, vhd, '--checksum', '--format', 'json');
    const info = await run('info', vhd, '--format', 'json');

    const { sha256 } = JSON.parse(converted.stdout);
    expect(await readFile(`${vhd}.sha256`, 'utf8')).toBe(`${sha256}  ${vhd}\n`);
    expect(JSON.parse(info.stdout)).toMatchObject({
      path: vhd,
      type: 'dynamic',
      disk_bytes: 6 * 2 ** 20,
      blocks: 3,
      allocated_blocks: 1,
      batmap: true,
    });
  });

  it('makes a fixed VHD in whole MiB', async () => {
    const fixed = join(dir, 'fixed.vhd');
    const { exitCode, stdout, stderr } = await run('convert', raw, fixed, '--fixed');
    const { stdout: table } = await run('info', fixed);

    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${fixed}: fixed VHD, disk of 5242880 bytes, file of 5243392 bytes\n`);
    expect(table).toMatch(/\| disk bytes +\| 5242880 +\|/);
  });

  it('finds a VHD sound, or says what is wrong and ends with 1', async () => {
    await run('convert', raw, vhd);
    const sound = await run('check', vhd);
    await using file = await open(vhd, 'r+');
    await file.write(Buffer.from([1]), 0, 1, 100);
    const damaged = await run('check', vhd);
    const asJson = await run('check', vhd, '--format', 'json');

    expect(sound).toEqual({ exitCode: 0, stdout: `${vhd}: sound\n`, stderr: '' });
    expect(damaged.exitCode).toBe(1);
    expect(damaged.stdout).toBe(`${vhd}: copy-differs: the copy of the footer differs from the footer\n`);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ sound: false, findings: [{ code: 'copy-differs' }] });
  });

  it('refuses what is no VHD in one line', async () => {
    const other = join(dir, 'other');
    await writeFile(other, 'text');

    expect(await run('info', other)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `nodepool: error: ${other} is not a VHD\n`,
    });
  });
});

describe('progress', () => {
  it('is shown on a terminal alone, a few times a second', () => {
    const written: string[] = [];
    const clock = new FakeClock();
    const write = (text: string) => written.push(text);
    openProgressLine({ write }, clock, progressText).show(1, 2);
    const line = openProgressLine({ write, isTTY: true }, clock, progressText);

    line.show(2 ** 20, 2 ** 21);
    line.show(2 ** 20, 2 ** 21);
    line.clear();

    expect(written).toEqual(['\r\u001b[K50 %, 1 of 2 MiB', '\r\u001b[K']);
  });
});
