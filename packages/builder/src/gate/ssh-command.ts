import { readFile } from 'node:fs/promises';

/** A command to run on a machine over SSH. */
export interface SshCommand {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Path of the private key. */
  readonly keyFile: string;
  /** Keys that the machine has shown, lines of `<type> <base64>`; it must show one of them again. */
  readonly hostKeys: readonly string[];
  readonly command: string;
  /** Told what the command prints, on either channel. */
  readonly onOutput: (chunk: Buffer) => void;
}

/**
 * Runs a command and resolves with its exit code; 255 when a signal ended it.
 *
 * @throws the connection's error, or the signal's reason.
 */
export async function runSshCommand(options: SshCommand, signal: AbortSignal): Promise<number> {
  const privateKey = await readFile(options.keyFile);
  // Large, and most builders never run a command.
  const { default: ssh2 } = await import('ssh2');
  const client = new ssh2.Client();
  return new Promise<number>((resolve, reject) => {
    const end = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort);
      client.removeAllListeners();
      // What a dying connection still has to say must not become an unhandled error.
      client.on('error', () => undefined);
      client.destroy();
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    client.on('error', (error) => end(() => reject(error)));
    client.on('close', () => end(() => reject(new Error('the connection was closed'))));
    client.on('ready', () => {
      client.exec(options.command, (error, channel) => {
        if (error !== undefined) {
          end(() => reject(error));
          return;
        }
        channel.on('data', options.onOutput);
        channel.stderr.on('data', options.onOutput);
        let exitCode = 255;
        channel.on('exit', (code: number | null) => {
          exitCode = code ?? 255;
        });
        channel.on('close', () => end(() => resolve(exitCode)));
      });
    });
    client.connect({
      host: options.host,
      port: options.port,
      username: options.username,
      privateKey,
      readyTimeout: 0,
      hostVerifier: (blob: Buffer) => options.hostKeys.some((line) => line.endsWith(` ${blob.toString('base64')}`)),
    });
  });
}
