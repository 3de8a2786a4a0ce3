import { closeSync, openSync, readSync, statSync, unwatchFile, watchFile } from 'node:fs';

const tailBytes = 4_096;

/** Tells `show` the last line of a growing file whenever it has grown. */
export function followLastLine(file: string, show: (line: string) => void): Disposable {
  const look = (): void => {
    const line = lastLine(file);
    if (line !== undefined) show(line);
  };
  watchFile(file, { interval: 300, persistent: false }, look);
  look();
  return { [Symbol.dispose]: () => unwatchFile(file, look) };
}

function lastLine(file: string): string | undefined {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return undefined;
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(size, tailBytes));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer
      .toString()
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1)
      ?.slice(0, 100);
  } finally {
    closeSync(descriptor);
  }
}
