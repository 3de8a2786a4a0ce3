import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

it('prints a token and the line with its hash', async () => {
  await using cli = await openTestCli();

  const { exitCode, stdout } = await cli.run('web-token', 'ci', '--scope', 'lease,read');

  const [, token = ''] = /: (npt_[\w-]{43})\n/.exec(stdout) ?? [];
  const hash = createHash('sha256').update(token).digest('hex');
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`    - {name: "ci", hash: "sha256:${hash}", scopes: [lease, read]}\n`);
});

it('knows no scope but those there are', async () => {
  await using cli = await openTestCli();

  expect((await cli.run('web-token', 'ci', '--scope', 'root')).exitCode).toBe(2);
});
