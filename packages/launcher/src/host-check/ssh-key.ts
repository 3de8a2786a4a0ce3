import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Key types asked for, and the algorithms with which a server may sign for each. */
export const hostKeyAlgorithms = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const satisfies Record<string, readonly ServerHostKeyAlgorithm[]>;

export type HostKeyType = keyof typeof hostKeyAlgorithms;

export const hostKeyTypes = Object.keys(hostKeyAlgorithms) as readonly HostKeyType[];

/** No key of the types asked for: the server speaks SSH and has none. */
const noneOfThem = /no matching host key/i;

/**
 * Negotiates with an SSH server until it has proved its key, and hangs up before any authentication.
 *
 * @returns `<type> <base64>`, or undefined when the server has no key of these types.
 * @throws the connection's error, or the signal's reason.
 */
export async function readHostKey(
  target: { readonly host: string; readonly port: number },
  types: readonly HostKeyType[],
  signal: AbortSignal,
): Promise<string | undefined> {
  // Loaded only here: a launcher whose clouds check no keys does without its memory.
  const { default: ssh2 } = await import('ssh2');
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let key: string | undefined;
    const end = (error?: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      client.removeAllListeners();
      client.on('error', () => undefined);
      client.destroy();
      if (key !== undefined) resolve(key);
      else if (error instanceof Error && noneOfThem.test(error.message)) resolve(undefined);
      else reject(error ?? new Error('the connection was closed'));
    };
    const onAbort = (): void => end(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    client.on('error', end);
    client.on('close', () => end());
    client.connect({
      host: target.host,
      port: target.port,
      username: 'nodepool',
      readyTimeout: 0,
      algorithms: { serverHostKey: types.flatMap((type) => hostKeyAlgorithms[type]) },
      hostVerifier: (blob: Buffer) => {
        key = `${keyType(blob)} ${blob.toString('base64')}`;
        return false;
      },
    });
  });
}

/** A public key blob starts with its type as a string of the SSH wire format. */
function keyType(blob: Buffer): string {
  return blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
}
