import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const fixture = fileURLToPath(new URL('../../dist/testing/fixture-daemon.js', import.meta.url));

let directory: string;
let log: string;
const started = new Set<number>();

beforeEach(async () => {
  if (!existsSync(fixture)) throw new Error('build first: npx tsc -b packages/daemon');
  directory = await mkdtemp(join(tmpdir(), 'nodepool-daemon-'));
  log = join(directory, 'fixture.log');
  const config = {
    version: 1,
    handlers: { file: { class: 'logging.handlers.WatchedFileHandler', filename: log } },
    root: { level: 'INFO', handlers: ['file'] },
  };
  await writeFile(join(directory, 'logging.json'), JSON.stringify(config));
});

afterEach(async () => {
  for (const pid of started) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  started.clear();
  await rm(directory, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [fixture, ...args], { cwd: directory, env: { ...process.env, ...env } });
  if (child.pid !== undefined) started.add(child.pid);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(([code, signal]): Ended => ({ code, signal, ...output }));
  return { child, output, ended };
}

/** Resolves when the child has printed `text`. */
async function printed(child: ChildProcess, output: { stdout: string }, text: string): Promise<void> {
  while (!output.stdout.includes(text) && child.stdout !== null) await once(child.stdout, 'data');
}

/** Resolves with the log when it holds `text`, looking whenever the directory changes. */
async function logged(text: string): Promise<string> {
  const changes = watch(directory);
  try {
    for (;;) {
      const change = once(changes, 'change');
      const content = await readFile(log, 'utf8').catch(() => '');
      if (content.includes(text)) return content;
      await change;
    }
  } finally {
    changes.close();
  }
}

/** Starts the daemon detached and returns its pid. */
async function startDetached(env: NodeJS.ProcessEnv = {}): Promise<{ readonly pid: number; readonly ended: Ended }> {
  const ended = await run(['-p', 'run/x.pid', '-l', 'logging.json', '-c', 'nodepool.yaml'], env).ended;
  const pid = Number(await readFile(join(directory, 'run', 'x.pid'), 'utf8').catch(() => '0'));
  if (pid > 0) started.add(pid);
  return { pid, ended };
}

describe('a daemon in the foreground', () => {
  it('logs to stdout, writes no pid file and stops in good order', async () => {
    const { child, output, ended } = run(['-f', '-p', 'x.pid', '-c', 'nodepool.yaml']);
    await printed(child, output, 'started fixture');
    expect(existsSync(join(directory, 'x.pid'))).toBe(false);

    child.kill('SIGINT');

    const { code, stdout, stderr } = await ended;
    const line = (text: string): RegExp =>
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d,\\d{3} INFO nodepool: ${text}$`, 'm');
    const short = hostname().split('.')[0];
    expect(stdout).toMatch(line(`started fixture cwd=${directory} config=${directory}/nodepool.yaml host=${short}`));
    expect(stdout).toMatch(line('began to stop signal=SIGINT'));
    expect(stdout).toMatch(line('stopped'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('dumps its state on SIGUSR2 and goes on', async () => {
    const { child, output, ended } = run(['-f']);
    await printed(child, output, 'started fixture');

    child.kill('SIGUSR2');
    await printed(child, output, 'dumped state workers=3');
    child.kill('SIGINT');

    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain('INFO nodepool.stack_dump: dumped the process uptimeSec=');
  });

  it('reads its logging configuration again on SIGUSR2, and keeps the old one when that has errors', async () => {
    const path = join(directory, 'stdout.json');
    const write = (level: string): Promise<void> => {
      const handlers = { out: { class: 'logging.StreamHandler', stream: 'ext://sys.stdout' } };
      const loggers = { 'nodepool.stack_dump': { level } };
      return writeFile(
        path,
        JSON.stringify({ version: 1, handlers, loggers, root: { level: 'INFO', handlers: ['out'] } }),
      );
    };
    await write('ERROR');
    const { child, output, ended } = run(['-f', '-l', path]);
    await printed(child, output, 'started fixture');

    await write('LOUD');
    child.kill('SIGUSR2');
    await printed(child, output, 'refused the logging configuration and kept the last good one');
    expect(output.stdout).not.toContain('dumped state');
    await write('INFO');
    child.kill('SIGUSR2');
    await printed(child, output, 'dumped state workers=3');
    child.kill('SIGINT');

    expect((await ended).code).toBe(0);
  });

  it.each([
    ['nodepool-launcher', { code: 0, signal: null }],
    ['nodepool-builder', { code: null, signal: 'SIGTERM' }],
  ])('as %s ends at once on SIGTERM', async (program, expected) => {
    const { child, output, ended } = run(['-f'], { FIXTURE_PROGRAM: program });
    await printed(child, output, 'started fixture');

    child.kill('SIGTERM');

    const result = await ended;
    expect(result).toMatchObject(expected);
    expect(result.stdout).toContain('said farewell');
  });

  it('says on stderr why it could not go on', async () => {
    const { code, stderr } = await run(['-f'], { FIXTURE_FAIL: '1' }).ended;

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'nodepool-launcher: no configuration\n' });
  });

  it('refuses a logging configuration that it cannot read', async () => {
    const { code, stderr } = await run(['-f', '-l', 'logging.ini']).ended;

    expect(code).toBe(1);
    expect(stderr).toContain('only .yaml, .yml and .json files are read');
  });
});

describe('a daemon in the background', () => {
  it('returns when it runs, and lives on without a terminal or a directory', async () => {
    const { pid, ended } = await startDetached();
    expect(ended).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });

    const content = await logged('started fixture');

    expect(content).toContain(`started fixture cwd=/ config=${directory}/nodepool.yaml`);
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect(Number(session)).toBe(pid);
  });

  it('takes its pid file along when it stops', async () => {
    const { pid } = await startDetached();
    await logged('started fixture');

    process.kill(pid, 'SIGUSR1');
    await logged('stopped');
    await emptied(join(directory, 'run'));

    expect(existsSync(join(directory, 'run', 'x.pid'))).toBe(false);
  });

  it('takes its pid file along when it is ended at once', async () => {
    const { pid } = await startDetached();
    await logged('started fixture');

    process.kill(pid, 'SIGTERM');
    await emptied(join(directory, 'run'));

    expect(await readFile(log, 'utf8')).toContain('ended at once signal=SIGTERM');
  });

  it('is refused while another one runs, and replaces one that was killed', async () => {
    const first = await startDetached();

    const second = await startDetached();
    expect(second.ended).toMatchObject({ code: 1, stdout: '' });
    expect(second.ended.stderr).toBe(
      `nodepool-launcher: the daemon did not start: another process holds the pid file: ${directory}/run/x.pid names process ${first.pid}, which is running\n`,
    );
    process.kill(first.pid, 'SIGKILL');
    await gone(first.pid);

    const third = await startDetached();
    expect(third.ended.code).toBe(0);
    expect(third.pid).not.toBe(first.pid);
  });

  it('says why it did not start', async () => {
    await writeFile(join(directory, 'logging.json'), '{"root": {"handlers": ["x"]}}');

    const { ended } = await startDetached();

    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('the daemon did not start: the logging configuration cannot be used');
  });
});

/** Resolves when a directory holds nothing any more. */
async function emptied(path: string): Promise<void> {
  const changes = watch(path);
  try {
    for (;;) {
      const change = once(changes, 'change');
      if ((await readdir(path)).length === 0) return;
      await change;
    }
  } finally {
    changes.close();
  }
}

/** Resolves when a process that is no child of ours has ended. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (stat === '' || stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
