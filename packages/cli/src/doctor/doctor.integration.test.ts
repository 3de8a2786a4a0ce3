import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@nodepool/runtime';
import { freePort } from '@nodepool/zookeeper/server';
import { startZooKeeper, type TestServer } from '@nodepool/zookeeper/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aProvider, openTestCli } from '../testing/index.js';
import { thisMachine } from './machine.js';

let server: TestServer;
let web: Server;
let directory: string;
let dateOf: () => string | undefined;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'nodepool-doctor-'));
  server = await startZooKeeper();
  web = createServer((_request, response) => {
    const date = dateOf();
    response.sendDate = false;
    if (date !== undefined) response.setHeader('Date', date);
    response.statusCode = 404;
    response.end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  web.close();
  await server.stop();
  await rm(directory, { recursive: true });
});

const machine = () => thisMachine({ clock: systemClock, signal: new AbortController().signal });
const portOf = (listening: { address(): unknown }): number => (listening.address() as { port: number }).port;

describe('what the doctor asks of the network', () => {
  it('is answered by a real ZooKeeper', async () => {
    expect(await machine().serverStatus('127.0.0.1', server.port, undefined)).toMatch(/^Mode: standalone$/m);
  });

  it('is nothing where nobody listens', async () => {
    const port = await freePort();

    expect(await machine().serverStatus('127.0.0.1', port, undefined)).toBeUndefined();
    expect(await machine().ask(`http://127.0.0.1:${port}/`)).toBeUndefined();
  });

  it('is an empty answer where a server hangs up', async () => {
    const rude = createTcpServer((socket) => socket.end());
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));

    expect(await machine().serverStatus('127.0.0.1', portOf(rude), undefined)).toBe('');
    rude.close();
  });

  it('tells how far a clock is ahead, whatever the answer is', async () => {
    dateOf = () => new Date(systemClock.now() + 3_600_000).toUTCString();

    const answer = await machine().ask(`http://127.0.0.1:${portOf(web)}/v3`);

    expect(Math.round((answer?.aheadMs ?? 0) / 60_000)).toBe(60);
    expect(answer?.certificateEndMs).toBeUndefined();
  });

  it('tells nothing of a clock that is not shown', async () => {
    dateOf = () => undefined;

    expect(await machine().ask(`http://127.0.0.1:${portOf(web)}/`)).toMatchObject({ aheadMs: undefined });
  });
});

describe('nodepool doctor', () => {
  it('asks ZooKeeper, the clouds and the machine, and exits with 1 when something is wrong', async () => {
    const secret = join(directory, 'secure.yaml');
    await writeFile(secret, '{}', { mode: 0o604 });
    const zookeeper = { servers: [`127.0.0.1:${server.port}`], chroot: '', sessionTimeoutMs: 10_000, tls: undefined };
    await using cli = await openTestCli({ config: { zookeeper, providers: [aProvider()] }, nowMs: systemClock.now() });
    await cli.zk.ensurePath('/nodepool/nodes');

    const { exitCode, stdout } = await cli.run('-s', secret, 'doctor', '--format', 'json');

    const states = new Map(
      (JSON.parse(stdout) as { check: string; state: string }[]).map(({ check, state }) => [check, state]),
    );
    expect(states.get(`zookeeper 127.0.0.1:${server.port}`)).toBe('ok');
    expect(states.get('clock of ZooKeeper')).toBe('ok');
    expect(states.get('provider cloud-a')).toBeDefined();
    expect(states.get(secret)).toBe('error');
    expect(exitCode).toBe(1);
    expect((await cli.zk.children('/nodepool')).children).toEqual(['nodes']);
  });
});
