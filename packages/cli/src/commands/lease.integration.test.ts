import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestCli } from '../testing/index.js';

const machine = {
  node_id: '0000000001',
  label: 'small',
  hostname: null,
  interface_ip: '192.0.2.1',
  connection_type: 'ssh',
  connection_port: 22,
  username: 'zuul',
  python_path: 'auto',
  shell_type: null,
  host_keys: ['ssh-ed25519 AAAA'],
};
const active = { id: 'l1', state: 'active', ttl: 30, machines: [machine], reason: null };
const waiting = { ...active, state: 'waiting', machines: [] };

type Reply = readonly [status: number, body: object];

let folder: string;
let server: Server;
let url: string;
/** What was asked for: method, path, token, key. */
let calls: string[];
let answer: (call: string) => Reply;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodepool-cli-lease-'));
  await writeFile(join(folder, 'token'), 'npt_secret\n');
  calls = [];
  answer = (call) => (call.startsWith('DELETE') ? [204, {}] : [201, active]);
  server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

function serve({ method, url: path, headers }: IncomingMessage, response: ServerResponse): void {
  const call = `${method} ${path}`;
  calls.push(call);
  const isKnown = headers.authorization === 'Bearer npt_secret';
  const [status, body] = isKnown ? answer(call) : [401, { code: 'NP_WEB_UNAUTHENTICATED', detail: 'who are you' }];
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}

const problem = (status: number, code: string): Reply => [status, { code, detail: `because of ${code}` }];

const lease = (...args: readonly string[]): readonly string[] => [
  'lease',
  ...['--token-file', join(folder, 'token')],
  ...args,
];

describe('nodepool lease', () => {
  it('runs the command beside files that tell of its machines, and removes them', async () => {
    await using cli = await openTestCli();
    const copy = `ssh -G -F "$NODEPOOL_SSH_CONFIG" small > ${folder}/understood; cp "$NODEPOOL_SSH_CONFIG" "$ANSIBLE_INVENTORY" ${folder}; dirname "$ANSIBLE_INVENTORY" > ${folder}/where; exit 3`;

    const { exitCode, stderr } = await cli.run(...lease('small', '--server', url, '--', 'sh', '-c', copy));

    expect([exitCode, stderr]).toEqual([3, '']);
    expect(await readFile(join(folder, 'ssh_config'), 'utf8')).toContain('HostName 192.0.2.1');
    expect(await readFile(join(folder, 'understood'), 'utf8')).toMatch(/^user zuul$[\s\S]*^hostname 192\.0\.2\.1$/m);
    expect(JSON.parse(await readFile(join(folder, 'inventory.json'), 'utf8'))).toHaveProperty('all.hosts.small');
    const where = (await readFile(join(folder, 'where'), 'utf8')).trim();
    await expect(readdir(where)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(calls).toEqual(['POST /api/v1/leases', 'DELETE /api/v1/leases/l1']);
  });

  it('asks again until the machines are ready', async () => {
    await using cli = await openTestCli();
    const answers = [waiting, waiting, active];
    answer = (call) => {
      void cli.clock.advance(2_000);
      return call.startsWith('DELETE') ? [204, {}] : [201, answers.shift() ?? active];
    };

    const { exitCode } = await cli.run(...lease('small', '--server', url, '--', 'true'));

    expect(exitCode).toBe(0);
    expect(calls.filter((call) => call.startsWith('POST'))).toHaveLength(3);
  });

  it('gives the lease back when it is interrupted while it waits', async () => {
    const interrupt = new AbortController();
    await using cli = await openTestCli({ signal: interrupt.signal });
    answer = (call) => (call.startsWith('DELETE') ? [204, {}] : [201, waiting]);

    const running = cli.run(...lease('small', '--server', url, '--', 'touch', join(folder, 'ran')));
    await until(() => calls.length === 2);
    interrupt.abort();
    const { exitCode } = await running;

    expect([exitCode, calls.at(-1)]).toEqual([130, 'DELETE /api/v1/leases/l1']);
    expect(await readdir(folder)).toEqual(['token']);
  });

  it('goes on with another server when the first does not answer', async () => {
    await using cli = await openTestCli();

    const { exitCode } = await cli.run(
      ...lease('small', '--server', 'http://127.0.0.1:1', '--server', url, '--', 'true'),
    );

    expect([exitCode, calls.length]).toEqual([0, 2]);
  });

  it.each([
    ['that was refused', problem(422, 'NP_LEASE_LABEL'), /because of NP_LEASE_LABEL \(NP_LEASE_LABEL\)\n$/, 1],
    [
      'that has failed',
      [201, { ...waiting, state: 'failed', reason: 'no room' }] as Reply,
      /lease l1 is failed: no room\n$/,
      2,
    ],
    ['of something else', [200, { hello: 'world' }] as Reply, /no launcher\n$/, 1],
  ])('does not run the command for a lease %s', async (_what, reply, message, number) => {
    await using cli = await openTestCli();
    answer = (call) => (call.startsWith('DELETE') ? [204, {}] : reply);

    const { exitCode, stderr } = await cli.run(...lease('small', '--server', url, '--', 'touch', join(folder, 'ran')));

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    expect(calls).toHaveLength(number);
    expect(await readdir(folder)).toEqual(['token']);
  });

  it('ends the command when its machines are lost', async () => {
    await using cli = await openTestCli();
    answer = (call) => {
      if (call.includes('heartbeat')) return problem(409, 'NP_LEASE_OVER');
      return call.startsWith('DELETE') ? [204, {}] : [201, active];
    };

    const running = cli.run(...lease('small', '--server', url, '--', 'sh', '-c', `touch ${folder}/ran; exec sleep 60`));
    await until(() => existsSync(join(folder, 'ran')));
    await cli.clock.advance(10_000);
    const { exitCode, stderr } = await running;

    expect(exitCode).toBe(143);
    expect(stderr).toContain('the machines are lost, the command is ended');
  });

  it('says which lease is left when it cannot be given back, and keeps the exit code', async () => {
    await using cli = await openTestCli();
    answer = (call) => (call.startsWith('DELETE') ? problem(403, 'NP_WEB_FORBIDDEN') : [201, active]);

    const { exitCode, stderr } = await cli.run(...lease('small', '--server', url, '--', 'false'));

    expect(exitCode).toBe(1);
    expect(stderr).toContain('lease l1 is left to expire');
  });

  it.each([
    ['127 for a command that does not exist', ['/nonexistent'], 127],
    ['126 for one that cannot be executed', ['/etc/passwd'], 126],
  ])('ends with %s', async (_what, command, expected) => {
    await using cli = await openTestCli();

    expect((await cli.run(...lease('small', '--server', url, '--', ...command))).exitCode).toBe(expected);
  });

  it('keeps the token out of what it says', async () => {
    await using cli = await openTestCli();
    await writeFile(join(folder, 'token'), 'npt_wrong');

    const { exitCode, stderr } = await cli.run(...lease('small', '--server', url, '--', 'true'));

    expect([exitCode, stderr]).toEqual([1, `nodepool: error: ${url} says: who are you (NP_WEB_UNAUTHENTICATED)\n`]);
  });

  it('needs a command and a token', async () => {
    await using cli = await openTestCli();

    const noCommand = await cli.run('lease', 'small');
    const noToken = await cli.run('lease', 'small', '--', 'true');

    expect([noCommand.exitCode, noToken.exitCode]).toEqual([2, 1]);
    expect(noToken.stderr).toContain('no token: give --token-file');
  });
});

/** The command runs beside the test: each turn of the event loop is a look. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
