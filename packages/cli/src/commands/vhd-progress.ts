import type { Clock } from '@nodepool/runtime';
import type { progressText } from '@nodepool/vhd';

/** Where progress is shown, when somebody looks. */
export interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line that is written over again and again. */
export interface ProgressLine {
  readonly show: (doneBytes: number, totalBytes: number) => void;
  clear(): void;
}

const intervalMs = 200;
const eraseLine = '\r\u001b[K';

/** Shows bytes done, rate and time left, a few times a second; nothing when the output is no terminal. */
export function openProgressLine(terminal: Terminal, clock: Clock, text: typeof progressText): ProgressLine {
  if (terminal.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  const startedMs = clock.monotonicMs();
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show: (doneBytes, totalBytes) => {
      const nowMs = clock.monotonicMs();
      if (nowMs - shownMs < intervalMs) return;
      shownMs = nowMs;
      terminal.write(`${eraseLine}${text(doneBytes, totalBytes, nowMs - startedMs)}`);
    },
    clear: () => void terminal.write(eraseLine),
  };
}
