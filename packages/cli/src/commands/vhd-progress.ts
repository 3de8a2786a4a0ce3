import type { Clock } from '@nodepool/runtime';

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
export function openProgressLine(terminal: Terminal, clock: Clock): ProgressLine {
  if (terminal.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  const startedMs = clock.monotonicMs();
  let shownMs = Number.NEGATIVE_INFINITY;
  return {
    show: (doneBytes, totalBytes) => {
      const nowMs = clock.monotonicMs();
      if (nowMs - shownMs < intervalMs) return;
      shownMs = nowMs;
      terminal.write(`${eraseLine}${progressText(doneBytes, totalBytes, nowMs - startedMs)}`);
    },
    clear: () => void terminal.write(eraseLine),
  };
}

/** `43 %, 870 of 2048 MiB, 612 MiB/s, 2 s left`. */
export function progressText(doneBytes: number, totalBytes: number, passedMs: number): string {
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
  const amount = `${percent} %, ${mebibytes(doneBytes)} of ${mebibytes(totalBytes)} MiB`;
  if (passedMs < 1000 || doneBytes === 0) return amount;
  const bytesPerSec = (1000 * doneBytes) / passedMs;
  const leftSec = Math.ceil((totalBytes - doneBytes) / bytesPerSec);
  return `${amount}, ${mebibytes(bytesPerSec)} MiB/s, ${leftSec} s left`;
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
