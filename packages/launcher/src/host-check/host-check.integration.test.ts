import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { silentLogger, systemClock } from '@nodepool/runtime';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { HostCheck, type HostCheckTarget } from './host-check.js';

const never = new AbortController().signal;
const servers: { close(): unknown }[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const ed25519 = ssh2.utils.generateKeyPairSync('ed25519').private;
const ecdsa = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 }).private;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' });

async function sshServer(hostKeys: readonly (string | Buffer)[], port = 0): Promise<number> {
  const server = new ssh2.Server({ hostKeys: [...hostKeys] }, (client) => client.on('error', () => undefined));
  servers.push(server);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function tcpServer(
  onConnection: Parameters<typeof createServer>[1],
): Promise<Server & { readonly port: number }> {
  const server = createServer(onConnection);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
}

function check(overrides: Partial<HostCheckTarget>, signal = never): Promise<readonly string[]> {
  const target = { host: '127.0.0.1', port: 22, connectionType: 'ssh', bootTimeoutMs: 5_000, ...overrides };
  return new HostCheck(systemClock).run(target, signal, silentLogger);
}

describe('the host check', () => {
  it('collects one key of each type that the server has', async () => {
    const port = await sshServer([ed25519, ecdsa, rsa]);

    const keys = await check({ port });

    expect(keys.map((key) => key.split(' ')[0]).sort()).toEqual(['ecdsa-sha2-nistp256', 'ssh-ed25519', 'ssh-rsa']);
    const blob = ssh2.utils.parseKey(ed25519);
    const expected = blob instanceof Error ? '' : blob.getPublicSSH().toString('base64');
    expect(keys).toContain(`ssh-ed25519 ${expected}`);
  });

  it('skips types that the server lacks', async () => {
    const port = await sshServer([rsa]);

    expect((await check({ port, connectionType: 'network_cli' })).map((key) => key.split(' ')[0])).toEqual(['ssh-rsa']);
  });

  it('waits for a port that accepts before the machine behind it is up', async () => {
    let accepted = 0;
    const front = await tcpServer((socket) => {
      accepted += 1;
      if (accepted < 3) socket.destroy();
      else socket.end('SSH-2.0-late\r\n');
    });

    await expect(check({ port: front.port, bootTimeoutMs: 2_500 })).rejects.toMatchObject({
      code: 'NP_HOST_UNREACHABLE',
    });
    expect(accepted).toBeGreaterThanOrEqual(3);
  });

  it('waits for a server that is not there yet', async () => {
    const front = await tcpServer(() => undefined);
    const { port } = front;
    front.close();
    const keys = check({ port });

    await sshServer([ed25519], port);

    expect(await keys).toHaveLength(1);
  });

  it('takes an open port for enough when the connection is not SSH', async () => {
    const front = await tcpServer(() => undefined);

    expect(await check({ port: front.port, connectionType: 'winrm' })).toEqual([]);
  });

  it('gives up after boot-timeout', async () => {
    const front = await tcpServer(() => undefined);

    await expect(check({ port: front.port, bootTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'NP_HOST_UNREACHABLE',
    });
  });

  it('ends at once when it is called off', async () => {
    const front = await tcpServer(() => undefined);
    const controller = new AbortController();
    const checked = check({ port: front.port, bootTimeoutMs: 60_000 }, controller.signal);

    controller.abort(new DOMException('enough', 'AbortError'));

    await expect(checked).rejects.toThrow('enough');
  });

  it('contacts nobody whose name says that he is a fake', async () => {
    expect(await check({ host: 'fake-host', port: 1 })).toEqual(['ssh-rsa FAKEKEY']);
  });
});
