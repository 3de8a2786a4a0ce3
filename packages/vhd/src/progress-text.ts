/**
 * Progress for people: `43 %, 870 of 2048 MiB, 512 MiB/s, 3 s left`. Rate and time left come once they mean something.
 *
 * @param passedMs since the work began.
 */
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
