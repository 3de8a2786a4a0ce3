import { spawn } from 'node:child_process';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nodepool/runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeDib } from '../testing/harness.js';
import { processesWith } from '../testing/processes.js';
import { endFamiliesNow } from './end-now.js';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.js';

let dir = '';
let base = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-process-'));
  base = join(dir, 'debian-1');
});
afterEach(() => rm(dir, { recursive: true }));

const never = new AbortController().signal;

async function run(
  options: Partial<CommandOptions> & { readonly env?: Readonly<Record<string, string>> },
  signal = never,
): Promise<{ readonly result: CommandResult; readonly output: string; readonly left: readonly number[] }> {
  const path = join(dir, 'output');
  await using file = await open(path, 'a');
  const result = await runCommand(
    {
      file: fakeDib,
      args: ['-t', 'raw', '-o', base],
      outputFd: file.fd,
      timeoutMs: 60_000,
      graceMs: 500,
      clock: systemClock,
      onStarted: async () => undefined,
      marker: `DIB_IMAGE_FILENAME=${base}`,
      ...options,
      env: { PATH: process.env['PATH'] ?? '', DIB_IMAGE_FILENAME: base, DIB_IMAGE_NAME: 'debian', ...options.env },
    },
    signal,
  );
  return { result, output: await readFile(path, 'utf8'), left: await processesWith(base) };
}

describe('a command', () => {
  it('writes both streams to one file and ends with its exit code', async () => {
    const { result, output } = await run({ env: { FAKE_DIB: 'fail' } });

    expect(result).toEqual({ kind: 'exited', code: 1, survivors: [] });
    expect(output).toBe(`building ${base}\nas raw\n`);
  });

  it('that a signal ends has the negated number of it as exit code', async () => {
    const { result } = await run({ file: '/bin/sh', args: ['-c', 'kill -KILL $$'] });

    expect(result).toEqual({ kind: 'exited', code: -9, survivors: [] });
  });

  it('leaves nothing running that it had started in the background', async () => {
    const { result, left } = await run({ file: '/bin/sh', args: ['-c', '(setsid sleep 600 &) ; sleep 600 & exit 0'] });

    expect(result).toEqual({ kind: 'exited', code: 0, survivors: [] });
    expect(left).toEqual([]);
  });

  it('is ended when its time is up, with children that refuse SIGTERM, left the session or lost their parent', async () => {
    const { result, left } = await run({ env: { FAKE_DIB: 'hang' }, timeoutMs: 1_000 });

    expect(result).toEqual({ kind: 'timed-out', survivors: [] });
    expect(left).toEqual([]);
  });

  it('may clean up before it is killed', async () => {
    const script = 'trap "echo unmounted; exit 0" TERM; sleep 600 & wait';
    const { result, output } = await run({ file: '/bin/sh', args: ['-c', script], timeoutMs: 500, graceMs: 10_000 });

    expect(result.kind).toBe('timed-out');
    expect(output).toBe('unmounted\n');
  });

  it('is ended when it is called off', async () => {
    const controller = new AbortController();
    const { result, left } = await run(
      { env: { FAKE_DIB: 'hang' }, onStarted: async () => controller.abort(new Error('stopping')) },
      controller.signal,
    );

    expect(result.kind).toBe('called-off');
    expect(left).toEqual([]);
  });

  it('is not even started when it was called off before', async () => {
    const { result, output } = await run({}, AbortSignal.abort());

    expect([result.kind, output]).toEqual(['called-off', '']);
  });

  it.each([
    ['that does not exist', { file: '/nonexistent/disk-image-create' }, 'ENOENT'],
    ['that is no program', { file: '/etc/passwd' }, 'EACCES'],
    ['with arguments that are too long', { args: ['x'.repeat(10_000_000)] }, 'E2BIG'],
  ])('%s is reported', async (_, options, code) => {
    const { result } = await run(options);

    expect(result).toMatchObject({ kind: 'not-started', code });
  });
});

it('a process that ends at once takes the command and all that it started along', async () => {
  const env = { ...process.env, FAKE_DIB: 'hang', DIB_IMAGE_FILENAME: base, DIB_IMAGE_NAME: 'debian' };
  const child = spawn(fakeDib, ['-t', 'raw', '-o', base], { detached: true, stdio: ['ignore', 'pipe', 'ignore'], env });
  for await (const chunk of child.stdout) if (String(chunk).includes('hanging')) break;
  // The shell, a child and its child, one in a session of its own, two that forgot their parent.
  while ((await processesWith(base)).length < 6) await systemClock.sleep(20);

  endFamiliesNow([{ leader: child.pid, marker: `DIB_IMAGE_FILENAME=${base}` }], 300);

  expect(await processesWith(base)).toEqual([]);
});
