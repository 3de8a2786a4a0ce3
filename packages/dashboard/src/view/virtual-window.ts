/** The rows that are drawn of a long table. */
export interface VirtualWindow {
  readonly first: number;
  /** The first that is not drawn any more. */
  readonly end: number;
  /** Pixels that the rows above and below would take. */
  readonly beforePx: number;
  readonly afterPx: number;
}

export interface Viewport {
  readonly scrollPx: number;
  readonly heightPx: number;
  readonly rowPx: number;
}

/** Rows above and below what is seen, so that quick scrolling shows no gaps. */
const spare = 12;
/** The window moves by so many rows at once: fewer drawings while scrolling, and stripes stay where they are. */
export const rowStep = 4;

/** Which of `count` rows to draw. */
export function virtualWindow(count: number, { scrollPx, heightPx, rowPx }: Viewport): VirtualWindow {
  const visible = Math.ceil(heightPx / rowPx) + 1;
  const top = Math.min(Math.max(0, Math.floor(scrollPx / rowPx)), Math.max(0, count - visible));
  const first = Math.max(0, Math.floor((top - spare) / rowStep) * rowStep);
  const end = Math.min(count, Math.ceil((top + visible + spare) / rowStep) * rowStep);
  return { first, end, beforePx: first * rowPx, afterPx: (count - end) * rowPx };
}
