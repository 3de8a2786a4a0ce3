/**
 * Asks on the terminal.
 *
 * @returns the line typed, without its line feed; empty at the end of input or when `signal` aborts.
 */
export async function ask(question: string, signal: AbortSignal): Promise<string> {
  // Most commands ask nothing.
  const { createInterface } = await import('node:readline');
  return await new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false, signal });
    lines.once('close', () => resolve(''));
    lines.question(question, (line) => {
      resolve(line);
      lines.close();
    });
  });
}
