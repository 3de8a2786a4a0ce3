/** The end of a log that may be long. */
export interface LogTail {
  readonly lines: readonly string[];
  /** What came after the last end of line. */
  readonly rest: string;
  /** Lines that were left out at the beginning. */
  readonly dropped: number;
}

export const emptyTail: LogTail = { lines: [], rest: '', dropped: 0 };

/** Lines that a browser shows without trouble. */
const maxLines = 5_000;

/** The tail with more text at its end. */
export function withText({ lines, rest, dropped }: LogTail, text: string): LogTail {
  const added = (rest + text).split('\n');
  const last = added.pop() ?? '';
  const all = [...lines, ...added];
  const excess = Math.max(0, all.length - maxLines);
  return { lines: excess === 0 ? all : all.slice(excess), rest: last, dropped: dropped + excess };
}
