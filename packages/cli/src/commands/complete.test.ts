import { aDiskimage } from '@nodepool/config/testing';
import { aNode, aRequest } from '@nodepool/model/testing';
import { type Argument, type Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { nameKind } from '../completion/kinds.js';
import { describeProgram } from '../program.js';
import { openTestCli, type TestCli } from '../testing/index.js';

const build = '/nodepool/images/debian/builds/b1';
const upload = `${build}/providers/cloud-a/images/0000000001`;

async function aTree(): Promise<TestCli> {
  const cli = await openTestCli({
    config: { diskimages: [aDiskimage({ name: 'fedora' })], labels: [{ name: 'big' }] },
  });
  for (const path of [build, upload]) {
    await cli.zk.ensurePath(path);
    await cli.zk.set(path, Buffer.from('{"state": "ready", "state_time": 1}'));
  }
  await cli.store.nodes.create(aNode());
  const { id: _, ...request } = aRequest();
  await cli.store.requests.create(request, { priority: '100', ephemeral: false });
  await cli.store.components.register({
    kind: 'pool',
    hostname: 'host',
    state: 'running',
    version: null,
    modelApi: 0,
    id: 'host-PoolWorker.cloud-a-main-1',
    name: 'main',
    providerName: 'cloud-a',
    supportedLabels: ['small'],
    priority: 100,
    paused: false,
  });
  return cli;
}

/** The words are as a shell gives them; a blank at the end begins another. */
async function complete(line: string): Promise<readonly string[]> {
  await using cli = await aTree();
  const { stdout, stderr, exitCode } = await cli.run('__complete', '--', ...line.split(' '));
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout.split('\n').flatMap((each) => (each === '' ? [] : [each.split('\t')[0] ?? '']));
}

describe('completion', () => {
  it.each<[string, readonly string[]]>([
    ['image-hi', ['image-history']],
    ['request', ['request-list', 'request']],
    ['-c file request-l', ['request-list']],
    ['--config=file request-l', ['request-list']],
    ['--deb', ['--debug']],
    ['list --fi', ['--fields', '--filter']],
    ['list --format ', ['table', 'json', 'yaml']],
    ['list --format = y', ['yaml']],
    ['list --format =', ['table', 'json', 'yaml']],
    ['list --format=j', ['--format=json']],
    ['list -', ['--detail', '--format', '--fields', '--sort', '--filter', '--watch']],
    ['list ', []],
    ['list --sort state --fo', ['--format']],
    ['zk l', ['ls']],
    ['zk ls --wa', ['--watch']],
    ['completion ', ['bash', 'zsh', 'fish']],
    ['frobnicate ', []],
    ['-- list', ['list']],
    ['__', []],
  ])('answers "%s" out of the program: %j', async (line, expected) => {
    expect(await complete(line)).toEqual(expected);
  });

  it.each<[string, readonly string[]]>([
    ['hold ', ['0000000000']],
    ['delete --now 00', ['0000000000']],
    ['delete 7', []],
    ['release ', ['100-0000000000']],
    ['image-pause ', ['debian', 'fedora']],
    ['image-rollback f', ['fedora']],
    ['dib-image-delete ', ['debian-b1']],
    ['image-log d', ['debian-b1']],
    ['image-delete --image debian --build-id ', ['b1']],
    ['image-delete --build-id ', []],
    ['image-delete --image debian --build-id b1 --provider cloud-a --upload-id ', ['0000000001']],
    ['image-delete --image debian --build-id b2 --upload-id ', []],
    ['info ', ['cloud-a']],
    ['request --provider=c', ['--provider=cloud-a']],
    ['request ', ['big', 'small']],
    ['request small ', ['big', 'small']],
    ['why ', ['0000000000', '100-0000000000', 'big', 'debian', 'fedora', 'small']],
    ['zk get ', ['/', ':open']],
    ['zk get /nodepool/no', ['/nodepool/nodes', ':open']],
    ['zk get /nodepool/nodes/', ['/nodepool/nodes/0000000000', ':open']],
    ['zk get /absent/', [':open']],
    ['vhd info ', [':file']],
    ['-c ', [':file']],
    ['standalone --data-dir ', [':directory']],
    ['simulate --trace a --trace ', [':file']],
  ])('answers "%s" with what is there: %j', async (line, expected) => {
    expect(await complete(line)).toEqual(expected);
  });

  it('describes what it offers', async () => {
    await using cli = await aTree();

    expect((await cli.run('__complete', '--', 'dib-image-delete', '')).stdout).toBe('debian-b1\tready\n');
    expect((await cli.run('__complete', '--', 'hol')).stdout).toBe('hold\tkeep a node for debugging\n');
  });

  it('says nothing of what it cannot read', async () => {
    await using cli = await aTree();
    cli.zk.expire();
    await cli.zk.close();

    expect(await cli.run('__complete', '--', 'hold', '')).toEqual({ exitCode: 0, stdout: '', stderr: '' });
  });
});

/** Numbers, durations, texts: nothing that is there already. */
const free = new Set([
  ...['fields', 'sort', 'filter', 'reason', 'timeout', 'max-size', 'keep', 'set', 'seed', 'scope', 'zookeeper-port'],
  ...[
    'build-workers',
    'upload-workers',
    'web-token name',
    'lease command',
    '__complete words',
    'ttl',
    'wait',
    'server',
    'comment',
  ],
]);

describe('what words name', () => {
  const allCommands = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(allCommands)];
  const isKnown = (of: Argument | Option, command: Command): boolean =>
    of.argChoices !== undefined ||
    free.has(of.name()) ||
    free.has(`${command.name()} ${of.name()}`) ||
    nameKind(of instanceof Option ? { kind: 'value', of, command } : { kind: 'argument', of, command }) !== undefined;

  it('is known of every argument, and of every option that takes a value', () => {
    const unknown = allCommands(describeProgram()).flatMap((command) =>
      [...command.registeredArguments, ...command.options.filter(({ required, optional }) => required || optional)]
        .filter((of) => !isKnown(of, command))
        .map((of) => `${command.name()} ${of.name()}`),
    );

    expect(unknown).toEqual([]);
  });
});
