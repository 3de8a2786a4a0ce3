import { describe, expect, it } from 'vitest';
import { openTestCli } from './testing/index.js';

async function run(...argv: readonly string[]) {
  await using cli = await openTestCli();
  return await cli.run(...argv);
}

describe('the command line', () => {
  it('prints help and exits 1 without a command', async () => {
    const { exitCode, stdout, stderr } = await run();

    expect(exitCode).toBe(1);
    expect(stdout).toContain('Usage: nodepool [options] <command>');
    expect(stderr).toBe('');
  });

  it.each(['-h', '--help'])('prints help for %s', async (option) => {
    const { exitCode, stdout } = await run(option);

    expect(exitCode).toBe(0);
    expect(stdout).toContain('dib-image-delete');
  });

  it('prints help of a command', async () => {
    const { exitCode, stdout } = await run('list', '--help');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('--detail');
  });

  it('prints the version', async () => {
    expect(await run('--version')).toEqual({ exitCode: 0, stdout: 'Nodepool version: 1.2.3\n', stderr: '' });
  });

  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['list', 'surplus'], 'too many arguments'],
    [['list', '--format', 'xml'], 'Allowed choices are table, json, yaml'],
    [['list', '-c', 'nodepool.yaml'], "unknown option '-c'"],
    [['-c'], "option '-c, --config <file>' argument missing"],
    [['hold'], "missing required argument 'id'"],
  ])('%j is a usage error', async (argv, message) => {
    const { exitCode, stdout, stderr } = await run(...argv);

    expect(exitCode).toBe(2);
    expect(stderr).toContain('nodepool: error: ');
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });
});
