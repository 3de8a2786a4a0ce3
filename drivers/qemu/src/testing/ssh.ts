import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { promisify } from 'node:util';
import { systemClock } from '@nodepool/runtime';

const run = promisify(execFile);

/** What an SSH server on loopback says first, waited for until `signal` aborts. A forwarded port accepts before the guest does. */
export async function sshBanner(port: number, signal: AbortSignal): Promise<string> {
  for (;;) {
    signal.throwIfAborted();
    const banner = await firstBytes(port, AbortSignal.any([signal, AbortSignal.timeout(1000)])).catch(() => '');
    if (banner.startsWith('SSH-')) return banner.trim();
    await systemClock.sleep(50, signal);
  }
}

async function firstBytes(port: number, signal: AbortSignal): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port });
  try {
    // The forward closes the connection at once as long as nobody listens in the guest.
    const closed = once(socket, 'close', { signal }).then(() => '');
    const said = once(socket, 'data', { signal }).then(([bytes]: Buffer[]) => bytes?.toString('latin1') ?? '');
    return await Promise.race([said, closed]);
  } finally {
    socket.destroy();
  }
}

/** Makes a key pair; returns the public half. The private one is at `path`. */
export async function makeKey(path: string): Promise<string> {
  const { stdout } = await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path]).then(() =>
    run('ssh-keygen', ['-y', '-f', path]),
  );
  return stdout.trim();
}

/** Runs a command as `zuul` and returns its output. */
export async function ssh(port: number, keyPath: string, command: string): Promise<string> {
  const options = ['BatchMode=yes', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const args = [...options.flatMap((option) => ['-o', option]), '-i', keyPath, '-p', String(port), 'zuul@127.0.0.1'];
  const { stdout } = await run('ssh', [...args, command], { timeout: 60_000 });
  return stdout.trim();
}
