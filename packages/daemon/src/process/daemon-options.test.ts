import { describe, expect, it } from 'vitest';
import { type DaemonProgram, parseDaemonOptions } from './daemon-options.js';

const base = { cwd: '/srv/work', home: '/home/nodepool', version: '11.0.0' };

function options(program: DaemonProgram, ...argv: string[]) {
  const parsed = parseDaemonOptions(program, argv, base);
  if (parsed.kind === 'exit') throw new Error(parsed.stderr);
  return parsed.options;
}

describe('the options of a daemon', () => {
  it('of the launcher have the documented defaults', () => {
    expect(options('nodepool-launcher')).toEqual({
      configPath: '/etc/nodepool/nodepool.yaml',
      securePath: undefined,
      logConfigPath: undefined,
      pidPath: '/var/run/nodepool/nodepool.pid',
      foreground: false,
      debug: false,
      webapp: true,
      buildWorkers: 1,
      uploadWorkers: 4,
    });
  });

  it('of the builder name its own pid file', () => {
    expect(options('nodepool-builder').pidPath).toBe('/var/run/nodepool/nodepool-builder.pid');
  });

  it('make paths absolute and know the home directory', () => {
    const parsed = options('nodepool-launcher', '-c', 'a.yaml', '-s', '~/b', '-l', '../c.yaml', '-p', '/run/d.pid');

    expect(parsed).toMatchObject({
      configPath: '/srv/work/a.yaml',
      securePath: '/home/nodepool/b',
      logConfigPath: '/srv/c.yaml',
      pidPath: '/run/d.pid',
    });
  });

  it.each([
    [['-f'], { foreground: true, debug: false }],
    [['-d'], { foreground: true, debug: true }],
    [['-df'], { foreground: true, debug: true }],
    [['--repl'], { foreground: false, debug: false }],
    [['--no-webapp'], { webapp: false }],
  ])('read %o', (argv, expected) => {
    expect(options('nodepool-launcher', ...argv)).toMatchObject(expected);
  });

  it('count the workers of the builder', () => {
    const parsed = options('nodepool-builder', '--build-workers', '3', '--upload-workers', '8');

    expect(parsed).toMatchObject({ buildWorkers: 3, uploadWorkers: 8 });
  });

  it.each([
    ['nodepool-launcher', ['--bogus'], "unknown option '--bogus'"],
    ['nodepool-launcher', ['extra'], 'too many arguments'],
    ['nodepool-launcher', ['-c'], 'argument missing'],
    ['nodepool-launcher', ['--build-workers', '2'], "unknown option '--build-workers'"],
    ['nodepool-builder', ['--no-webapp'], "unknown option '--no-webapp'"],
    ['nodepool-builder', ['--build-workers', '0'], 'It must be a whole number above 0.'],
    ['nodepool-builder', ['--upload-workers', 'many'], 'It must be a whole number above 0.'],
  ] as const)('of %s refuse %o on stderr with status 2', (program, argv, message) => {
    expect(parseDaemonOptions(program, argv, base)).toMatchObject({
      kind: 'exit',
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('print the version', () => {
    expect(parseDaemonOptions('nodepool-builder', ['--version'], base)).toEqual({
      kind: 'exit',
      exitCode: 0,
      stdout: 'Nodepool version: 11.0.0\n',
      stderr: '',
    });
  });

  it('explain themselves', () => {
    const parsed = parseDaemonOptions('nodepool-launcher', ['-h'], base);

    expect(parsed).toMatchObject({ kind: 'exit', exitCode: 0, stdout: expect.stringContaining('--no-webapp') });
  });
});
