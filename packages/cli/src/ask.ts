import { createInterface } from 'node:readline';

/**
 * Asks on the terminal.
 *
 * @returns the line typed, without its line feed; empty at the end of input or when `signal` aborts.
 */
export function ask(question: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false, signal });
    lines.once('close', () => resolve(''));
    lines.question(question, (line) => {
      resolve(line);
      lines.close();
    });
  });
}
