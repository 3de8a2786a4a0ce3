import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runSshCommand, type SshCommand } from './ssh-command.js';

const { Server, utils } = ssh2;

let dir: string;
let server: ssh2.Server;
let command: SshCommand;
const output: Buffer[] = [];
const hostKey = utils.generateKeyPairSync('ed25519');

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'nodepool-ssh-'));
  output.length = 0;
  const keyFile = join(dir, 'key');
  const { private: privateKey, public: publicKey } = utils.generateKeyPairSync('ed25519');
  await writeFile(keyFile, privateKey, { mode: 0o600 });
  server = new Server({ hostKeys: [hostKey.private] }, (client) => serve(client, publicKey));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const hostKeys = [hostKey.public.trim()];
  const onOutput = (chunk: Buffer): void => void output.push(chunk);
  command = { host: '127.0.0.1', port, username: 'zuul', keyFile, hostKeys, command: 'exit 3', onOutput };
});

afterEach(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await rm(dir, { recursive: true });
});

/** Lets in who has the key, says the command back, and does what it says. */
function serve(client: ssh2.Connection, publicKey: string): void {
  const allowed = utils.parseKey(publicKey);
  if (allowed instanceof Error) throw allowed;
  client.on('error', () => undefined);
  client.on('authentication', (context) => {
    const isOurs = context.method === 'publickey' && context.key.data.equals(allowed.getPublicSSH());
    if (isOurs && context.username === 'zuul') context.accept();
    else context.reject();
  });
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, _reject, { command: asked }) => {
      const channel = acceptExec();
      if (asked === 'hang') return;
      channel.write(`asked: ${asked}\n`);
      channel.stderr.write('and that\n');
      channel.exit(Number(/exit (\d+)/.exec(asked)?.[1] ?? 0));
      channel.end();
    });
  });
}

describe('a command over SSH', () => {
  it('yields its exit code and what it printed', async () => {
    expect(await runSshCommand(command, AbortSignal.timeout(10_000))).toBe(3);
    expect(await runSshCommand({ ...command, command: 'exit 0' }, AbortSignal.timeout(10_000))).toBe(0);
    expect(Buffer.concat(output).toString()).toContain('asked: exit 3\n');
    expect(Buffer.concat(output).toString()).toContain('and that\n');
  });

  it('is not sent to a machine with another host key', async () => {
    const hostKeys = [utils.generateKeyPairSync('ed25519').public.trim()];

    await expect(runSshCommand({ ...command, hostKeys }, AbortSignal.timeout(10_000))).rejects.toThrow(/host/i);
    expect(output).toEqual([]);
  });

  it('fails for a key that the machine does not know', async () => {
    const { private: other } = utils.generateKeyPairSync('ed25519');
    await writeFile(command.keyFile, other);

    await expect(runSshCommand(command, AbortSignal.timeout(10_000))).rejects.toThrow(/authentication/i);
  });

  it('fails for a key that is none', async () => {
    const { privateKey } = generateKeyPairSync('x25519');
    await writeFile(command.keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));

    await expect(runSshCommand(command, AbortSignal.timeout(10_000))).rejects.toThrow();
  });

  it('ends when it is called off', async () => {
    const reason = new Error('enough');
    const stop = new AbortController();
    server.once('connection', () => stop.abort(reason));

    await expect(runSshCommand({ ...command, command: 'hang' }, stop.signal)).rejects.toBe(reason);
  });
});
