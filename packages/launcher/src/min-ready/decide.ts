/** The standing stock of one label. */
export interface StockView {
  readonly label: string;
  readonly minReady: number;
  /** Ready nodes that nobody has been promised, over all providers. */
  readonly ready: number;
  /** Requests for the stock of the label, whoever has made them, that have not failed. */
  readonly open: number;
  /** Nodes that are being launched for nobody, and will be idle; only looked at when the others are too few. */
  readonly coming?: number;
  /** Some provider has an image for it. */
  readonly hasImage: boolean;
  /** How many more nodes the pools may have room for, as far as is known; asking for more is useless. */
  readonly room: number;
  /** No request before this time, milliseconds, because the last one has failed; undefined when none has. */
  readonly notBeforeMs: number | undefined;
}

export interface StockDecision {
  readonly requests: readonly { readonly label: string; readonly count: number }[];
  /** When a label that was held back is due, milliseconds from now. */
  readonly recheckAfterMs: number | undefined;
}

/** How many nodes to ask for. Source: docs/compatibility/launcher.md section 11. */
export function decideStock(stock: Iterable<StockView>, nowMs: number): StockDecision {
  const requests: { label: string; count: number }[] = [];
  let recheckAfterMs: number | undefined;
  for (const view of stock) {
    const asked = view.minReady - view.ready - view.open;
    const missing = asked > 0 ? asked - (view.coming ?? 0) : 0;
    if (missing <= 0 || !view.hasImage) continue;
    const count = Math.min(missing, view.room);
    if (count === 0) continue;
    const waitMs = (view.notBeforeMs ?? nowMs) - nowMs;
    if (waitMs <= 0) requests.push({ label: view.label, count });
    else recheckAfterMs = Math.min(recheckAfterMs ?? waitMs, waitMs);
  }
  return { requests, recheckAfterMs };
}
