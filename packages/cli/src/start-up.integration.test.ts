import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** As `script/bootstrap` makes them. */
const programOf = (name: string): string => fileURLToPath(new URL(`../dist/${name}`, import.meta.url));

/** Writes the address of every module that is loaded to standard error. */
const tellModules = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      process.stderr.write(url + '\\n');
      return next(url, context);
    },
  });
`)}`;

const execute = promisify(execFile);

async function modulesOf(program: string): Promise<readonly string[]> {
  const { stderr } = await execute(process.execPath, ['--import', tellModules, programOf(program), '--help']);
  return stderr.split('\n').filter((url) => url.startsWith('file:'));
}

describe('the start of the command', () => {
  it.each(['main.js', 'nodepool.js'])('of %s loads neither schemas, nor drivers, nor the store', async (program) => {
    const modules = await modulesOf(program);

    expect(modules.some((url) => url.endsWith(program))).toBe(true);
    const heavy =
      /\/node_modules\/(zod|yaml|fastify)\/|\/drivers\/|\/packages\/(config|driver-api|store|zookeeper|launcher|daemon)\//;
    expect(modules.filter((url) => heavy.test(url))).toEqual([]);
  });

  it('takes few files when it is bundled', async () => {
    expect((await modulesOf('nodepool.js')).length).toBeLessThan(15);
  });

  it.each([
    [['--version'], /^Nodepool version: \d/],
    [['vhd', 'info', '--help'], /describe a VHD/],
    [['completion', 'fish'], /complete -c nodepool/],
  ])('is the same when it is bundled: %j', async (argv, expected) => {
    const [bundled, compiled] = await Promise.all(
      ['nodepool.js', 'main.js'].map((program) => execute(process.execPath, [programOf(program), ...argv])),
    );

    expect(bundled?.stdout).toMatch(expected);
    expect(bundled).toEqual(compiled);
  });

  it.each(['main.js', 'nodepool.js'])('of %s finds what is loaded when it is needed', async (program) => {
    const failing = execute(process.execPath, [programOf(program), '-c', '/nonexistent', 'plan']);

    await expect(failing).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^nodepool: error: a configuration file cannot be read[^\n]*\n$/),
    });
  });

  it('tells with --debug where in the sources an error comes from', async () => {
    const failing = execute(process.execPath, [programOf('nodepool.js'), '--debug', '-c', '/nonexistent', 'list']);

    await expect(failing).rejects.toMatchObject({ stderr: expect.stringContaining('packages/cli/src/context.ts:') });
  });
});
