/** A pending request that this process does not handle. */
export interface Pending {
  readonly id: string;
  /** There is reason to think that its launcher is gone. */
  readonly suspect: boolean;
  /** How often it was looked at since. */
  readonly looks: number;
  /** Since when it is pending or suspect, or the time of the last look; monotonic milliseconds. */
  readonly sinceMs: number;
  /** How long it is left to other launchers first, milliseconds. */
  readonly delayMs: number;
}

/** Without a reason, whether its launcher still lives is asked this often. */
const usualMs = 60_000;
/** After a launcher has left the registry its locks may stand a little longer: looks at once and then in these pauses. */
const againMs = 500;
const suspectMs = [0, againMs, 1_500, 4_000, 10_000];

/** Which requests are due for a look whether anybody still has them, and when the next one will be. */
export function decideLost(
  pending: readonly Pending[],
  nowMs: number,
): { readonly actions: readonly string[]; readonly recheckAfterMs: number } {
  const actions: string[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { id, suspect, looks, sinceMs, delayMs } of pending) {
    const pauseMs = (suspect ? suspectMs[looks] : undefined) ?? usualMs;
    const dueMs = sinceMs + pauseMs + delayMs;
    if (dueMs <= nowMs) actions.push(id);
    else nextMs = Math.min(nextMs, dueMs);
  }
  // After a look the times are new.
  if (actions.length > 0) return { actions, recheckAfterMs: againMs };
  return { actions, recheckAfterMs: Math.min(nextMs - nowMs, usualMs) };
}
