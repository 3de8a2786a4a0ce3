/** Zeros of this length are left out of files: holes read the same. */
const sparseBytes = 65_536;

/** Bytes of a piece that are looked at before all of it is compared: data hardly ever has zeros at all of them. */
const samples = 16;

const zeros = Buffer.alloc(sparseBytes);

/** A part of some bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is left of the bytes when their long runs of zeros are taken out. */
export function dataSpans(bytes: Uint8Array): readonly Span[] {
  const spans: { start: number; end: number }[] = [];
  for (let start = 0; start < bytes.length; start += sparseBytes) {
    const end = Math.min(start + sparseBytes, bytes.length);
    if (isZeroBetween(bytes, start, end)) continue;
    const last = spans.at(-1);
    if (last?.end === start) last.end = end;
    else spans.push({ start, end });
  }
  return spans;
}

export function isZero(bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; start += sparseBytes) {
    if (!isZeroBetween(bytes, start, Math.min(start + sparseBytes, bytes.length))) return false;
  }
  return true;
}

function isZeroBetween(bytes: Uint8Array, start: number, end: number): boolean {
  const step = Math.max(1, Math.floor((end - start) / samples));
  for (let at = start; at < end; at += step) if (bytes[at] !== 0) return false;
  return zeros.compare(bytes, start, end, 0, end - start) === 0;
}
