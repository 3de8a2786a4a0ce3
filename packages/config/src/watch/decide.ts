import type { Decision } from '@nodepool/runtime';

/** What is known of the files at one look. */
export interface WatchView {
  /** Version of each file, in the order of the paths; undefined where there is no file. */
  readonly versions: readonly (string | undefined)[];
  /** Those that were last loaded or refused. */
  readonly handled: readonly (string | undefined)[];
  /** Milliseconds for which `versions` has been the same. */
  readonly stableForMs: number;
}

export type WatchAction =
  | { readonly kind: 'reload'; readonly versions: readonly (string | undefined)[] }
  | { readonly kind: 'report-missing'; readonly versions: readonly (string | undefined)[] };

/** Writers that do not replace a file at once are given this long to finish. */
const settleMs = 100;

/** Editors that remove a file before they write it anew are given three half seconds. */
const missingMs = 1500;

/** File systems on a network tell nobody of changes made elsewhere. */
const sweepMs = 10_000;

/** Reloads what has changed and come to rest. A file that is missing for too long is reported once. */
export function decideWatch({ versions, handled, stableForMs }: WatchView): Decision<WatchAction> {
  if (versions.every((version, index) => version === handled[index])) return { actions: [], recheckAfterMs: sweepMs };
  const isMissing = versions.includes(undefined);
  const waitMs = (isMissing ? missingMs : settleMs) - stableForMs;
  if (waitMs > 0) return { actions: [], recheckAfterMs: isMissing ? Math.min(waitMs, 500) : waitMs };
  return { actions: [{ kind: isMissing ? 'report-missing' : 'reload', versions }], recheckAfterMs: sweepMs };
}
