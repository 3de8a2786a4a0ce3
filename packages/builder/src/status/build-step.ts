import { open } from 'node:fs/promises';

/** What of a log is looked at, from its end. */
const tailBytes = 16_384;

/** How diskimage-builder says which of its hooks runs, with the directory that it has unpacked them to. */
const hookPattern = /dib-run-parts\b.*\bRunning \S*?([\w-]+\.d\/\S+)/g;

/** The hook of diskimage-builder that a build is at, by its log; null when it does not say. */
export async function buildStep(logPath: string): Promise<string | null> {
  try {
    await using file = await open(logPath, 'r');
    const { size } = await file.stat();
    const position = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(size, tailBytes)), position });
    return lastHook(buffer.toString('latin1', 0, bytesRead));
  } catch {
    return null;
  }
}

/** The last hook that `text` names. */
export function lastHook(text: string): string | null {
  let last: string | null = null;
  for (const match of text.matchAll(hookPattern)) last = match[1] ?? last;
  return last;
}
