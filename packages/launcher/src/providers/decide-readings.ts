import type { CloudImage, PoolConfig, PoolLabel } from '@nodepool/driver-api';

/** One thing to find out from a cloud. */
export type Reading =
  | { readonly kind: 'limits' }
  | { readonly kind: 'zones' }
  | { readonly kind: 'need'; readonly pool: PoolConfig; readonly label: PoolLabel }
  | { readonly kind: 'cloud-image'; readonly image: CloudImage };

export interface ReadingState {
  readonly reading: Reading;
  /** Monotonic milliseconds; infinite when it is known for good. */
  dueMs: number;
  failures: number;
}

/** Which readings are due, and when the next one will be. */
export function decideReadings(
  states: Iterable<ReadingState>,
  nowMs: number,
): { readonly actions: readonly ReadingState[]; readonly recheckAfterMs: number | undefined } {
  const actions: ReadingState[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const state of states) {
    if (state.dueMs <= nowMs) actions.push(state);
    else nextMs = Math.min(nextMs, state.dueMs);
  }
  // After a pass that reads, the times are new: look again at once.
  const recheckAfterMs = actions.length > 0 ? 0 : nextMs - nowMs;
  return { actions, recheckAfterMs: Number.isFinite(recheckAfterMs) ? recheckAfterMs : undefined };
}
