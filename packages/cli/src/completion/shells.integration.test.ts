import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect, type ZooKeeper } from '@nodepool/zookeeper';
import { startZooKeeper, type TestServer } from '@nodepool/zookeeper/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** As `script/bootstrap` builds it. */
const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const limitMs = 100_000;

let server: TestServer;
let zk: ZooKeeper;
let directory: string;
let config: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-completion-'));
  server = await startZooKeeper();
  zk = connect({ servers: server.connectString });
  await zk.ensurePath('/nodepool/nodes/0000000042');
  config = await writeConfig('nodepool.yaml', server.port);
  await writeFile(join(directory, 'nodepool'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`, {
    mode: 0o755,
  });
});

afterAll(async () => {
  await zk.close();
  await server.stop();
  await rm(directory, { recursive: true });
});

async function writeConfig(name: string, port: number): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `zookeeper-servers: [{host: 127.0.0.1, port: ${port}}]\nlabels: []\nproviders: []\n`);
  return path;
}

/** A machine under load may need longer than a person would wait. */
const environment = () => ({
  ...process.env,
  HOME: directory,
  TERM: 'xterm',
  NODEPOOL_COMPLETION_MS: '60000',
  PATH: [directory, dirname(process.execPath), process.env['PATH']].join(delimiter),
});

async function run(command: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) {
  const options = { env: { ...environment(), ...more }, timeout: limitMs, cwd: directory };
  return (await promisify(execFile)(command, [...args], options)).stdout;
}

/** Types in an interactive shell on a terminal of its own, with the tab key at the end; returns what the line is then. */
async function lineAfterTab(shell: string, prepare: string, typed: string): Promise<string | undefined> {
  const script = `
    zmodload zsh/zpty
    zpty shell "$1"
    zpty -w shell "$2; echo REA''DY"
    zpty -r shell output '*READY*'
    zpty -n -w shell "$3"$'\\t\\C-xp'
    zpty -r shell output '*<LINE *LINE>*'
    print -r -- "$output"
    zpty -d shell`;
  const output = await run('zsh', ['-fc', script, 'zsh', shell, prepare, typed]);
  return /<LINE (.*) LINE>/.exec(output)?.[1];
}

/** `-o default` of readline would offer files. */
const inBash = (typed: string) =>
  lineAfterTab(
    'bash --norc -i',
    `bind -x '"\\C-xp": printf "<LINE %s LINE>\\n" "$READLINE_LINE"'; eval "$(nodepool completion bash)"`,
    typed,
  );

const inZsh = (typed: string) =>
  lineAfterTab(
    'zsh -f -i',
    [
      'autoload -Uz compinit; compinit -u -D',
      'tell() { print -r -- "<LINE $BUFFER LINE>" }; zle -N tell; bindkey "^Xp" tell',
      'eval "$(nodepool completion zsh)"',
    ].join('; '),
    typed,
  );

/** Fish lists what it would offer; one answer is what it would insert. */
const inFish = (typed: string) => run('fish', ['-c', 'nodepool completion fish | source; complete -C $argv[1]', typed]);

describe('completion in real shells', () => {
  it('of commands, options and names, in bash', async () => {
    expect(await inBash('nodepool image-hi')).toBe('nodepool image-history ');
    expect(await inBash('nodepool list --det')).toBe('nodepool list --detail ');
    expect(await inBash('nodepool list --format=y')).toBe('nodepool list --format=yaml ');
    expect(await inBash(`nodepool -c ${config} hold 0`)).toBe(`nodepool -c ${config} hold 0000000042 `);
    expect(await inBash(`nodepool -c ${config} zk get /nodepool/n`)).toBe(
      `nodepool -c ${config} zk get /nodepool/nodes`,
    );
    expect(await inBash('nodepool -c ./nodepool.y')).toBe('nodepool -c ./nodepool.yaml ');
    expect(await inBash('nodepool hold ./nodepool.y')).toBe('nodepool hold ./nodepool.y');
  });

  it('of commands, options and names, in zsh', async () => {
    expect(await inZsh('nodepool image-hi')).toBe('nodepool image-history ');
    expect(await inZsh('nodepool list --format=y')).toBe('nodepool list --format=yaml ');
    expect(await inZsh(`nodepool -c ${config} hold 0`)).toBe(`nodepool -c ${config} hold 0000000042 `);
    expect(await inZsh(`nodepool -c ${config} zk get /nodepool/n`)).toBe(
      `nodepool -c ${config} zk get /nodepool/nodes`,
    );
    expect(await inZsh('nodepool -c ./nodepool.y')).toBe('nodepool -c ./nodepool.yaml ');
  });

  it('of commands, options and names, in fish', async () => {
    expect(await inFish('nodepool image-hi')).toMatch(/^image-history\tshow what happened to an image/);
    expect(await inFish('nodepool list --format=y')).toBe('--format=yaml\n');
    expect(await inFish(`nodepool -c ${config} hold 0`)).toBe('0000000042\n');
    expect(await inFish('nodepool -c ./nodepool.y')).toMatch(/^\.\/nodepool\.yaml/);
    expect(await inFish('nodepool -c ./nodepool.yaml frobnicate ')).toBe('');
  });
});

describe('completion without an answer', () => {
  it('ends by itself while a server is silent', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const sockets = new Set<{ destroy(): void }>();
    silent.on('connection', (socket) => sockets.add(socket));
    const lost = await writeConfig('silent.yaml', port);

    const stdout = await run('nodepool', ['__complete', '--', '-c', lost, 'hold', ''], {
      NODEPOOL_COMPLETION_MS: '100',
    });

    expect(stdout).toBe('');
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});
