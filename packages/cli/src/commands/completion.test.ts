import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

async function script(shell: string): Promise<string> {
  await using cli = await openTestCli();
  return (await cli.run('completion', shell)).stdout;
}

describe('completion', () => {
  it.each([
    [['nodepool', 'image-hi'], 'image-history'],
    [['nodepool', '-c', 'file', 'request-l'], 'request-list'],
    [['nodepool', 'list', '--fi'], '--fields --filter'],
    [['nodepool', 'zk', 'l'], 'ls'],
  ])('completes %j in bash', async (words, expected) => {
    const probe = `${await script('bash')}
      COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _nodepool; echo "\${COMPREPLY[@]}"`;

    expect(execFileSync('bash', ['-c', probe], { encoding: 'utf8' }).trim()).toBe(expected);
  });

  it('is for zsh what it is for bash', async () => {
    expect(await script('zsh')).toBe(`autoload -U +X bashcompinit && bashcompinit\n${await script('bash')}`);
  });

  it('names commands and options for fish', async () => {
    const text = await script('fish');

    expect(text).toContain('-n __fish_use_subcommand -a image-list');
    expect(text).toContain("-n '__fish_seen_subcommand_from zk' -a 'rm'");
  });
});
