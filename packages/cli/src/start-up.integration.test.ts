import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

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

describe('the start of the command', () => {
  it('loads neither schemas, nor drivers, nor the store', async () => {
    const { stderr } = await promisify(execFile)(process.execPath, ['--import', tellModules, main, '--help']);

    const modules = stderr.split('\n').filter((url) => url.startsWith('file:'));
    expect(modules.some((url) => url.includes('/commander/'))).toBe(true);
    const heavy =
      /\/node_modules\/(zod|yaml|fastify)\/|\/drivers\/|\/packages\/(config|driver-api|store|zookeeper|launcher|daemon)\//;
    expect(modules.filter((url) => heavy.test(url))).toEqual([]);
  });
});
